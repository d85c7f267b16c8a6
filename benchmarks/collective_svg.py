"""Draws lines over logarithmic axes as an SVG that follows the light or dark colours of whoever looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, log10

# By name of the line: its value for each number of people.
Series = dict[str, dict[int, float]]
WIDTH, HEIGHT = 1000, 480
PANEL_WIDTH, PANEL_HEIGHT = 375, 285
LEFT, TOP, BETWEEN = 70, 134, 110
# Told apart by everybody: the last one, which is drawn over the others, is the one that the picture is about.
_STYLE = """
  svg { color-scheme: light dark }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #3d4450 }
  .paper { fill: #ffffff; stroke: #d9dde3 } .grid { stroke: #e4e7ec } .axis { stroke: #9aa2af }
  .title { font-size: 18px; font-weight: 600; fill: #161b22 } .panel { font-weight: 600; fill: #161b22 }
  .value { font-size: 12px; font-weight: 600 } polyline { fill: none; stroke-width: 2 }
  .l0 { stroke: #b4400f; fill: #b4400f } .l1 { stroke: #8a6d00; fill: #8a6d00 }
  .l2 { stroke: #7b8494; fill: #7b8494 } .l3 { stroke: #0b5cad; fill: #0b5cad }
  polyline.l0, polyline.l1, polyline.l2, polyline.l3 { fill: none } polyline.l2 { stroke-dasharray: 6 4 }
  polyline.l3 { stroke-width: 3 } .value { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #b6bfcc } .paper { fill: #12161c; stroke: #2b323c } .grid { stroke: #252c36 } .axis { stroke: #5c6675 }
    .title, .panel { fill: #f0f3f7 }
    .l0 { stroke: #ff9466; fill: #ff9466 } .l1 { stroke: #e3bd3b; fill: #e3bd3b }
    .l2 { stroke: #98a2b1; fill: #98a2b1 } .l3 { stroke: #6cb2ff; fill: #6cb2ff }
    .value { stroke: none }
  }
"""


@dataclass(frozen=True)
class Panel:
    """One diagram. What is below `lowest` is drawn there."""

    title: str
    unit: str
    series: Series
    lowest: float

    @property
    def decades(self) -> tuple[int, int]:
        """The powers of ten at its lower and upper edge."""
        highest = max(value for line in self.series.values() for value in line.values())
        return round(log10(self.lowest)), ceil(log10(highest))


def picture(title: str, panels: Sequence[Panel], *, names: Sequence[str]) -> str:
    """The whole SVG."""
    parts = [f'<text class="title" x="24" y="38">{escape(title)}</text>', *_legend(names)]
    for number, panel in enumerate(panels):
        left = LEFT + number * (PANEL_WIDTH + BETWEEN)
        parts.append(f'<g transform="translate({left} {TOP})">{"".join(_panel(panel, names))}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f'<style>{_STYLE}</style><rect class="paper" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _legend(names: Sequence[str]) -> list[str]:
    parts, left = [], 24.0
    for number, name in enumerate(names):
        parts.append(f'<polyline class="l{number}" points="{left},64 {left + 26},64"/>')
        parts.append(f'<text x="{left + 33}" y="68">{escape(name)}</text>')
        left += 58 + 6.5 * len(name)
    return parts


def _panel(panel: Panel, names: Sequence[str]) -> list[str]:
    low, high = panel.decades
    people = sorted({count for line in panel.series.values() for count in line})

    def x(count: float) -> float:
        return round(PANEL_WIDTH * log10(count / people[0]) / (log10(people[-1] / people[0]) or 1), 1)

    def y(value: float) -> float:
        return round(PANEL_HEIGHT * (1 - (log10(max(value, panel.lowest)) - low) / (high - low)), 1)

    parts = [f'<text class="panel" x="0" y="-24">{escape(panel.title)}</text>']
    for power in range(low, high + 1):
        parts.append(f'<line class="grid" x1="0" x2="{PANEL_WIDTH}" y1="{y(10**power)}" y2="{y(10**power)}"/>')
        parts.append(f'<text x="-8" y="{y(10**power) + 4}" text-anchor="end">{10**power:g} {panel.unit}</text>')
    parts.append(f'<line class="axis" x1="0" x2="{PANEL_WIDTH}" y1="{PANEL_HEIGHT}" y2="{PANEL_HEIGHT}"/>')
    for count in people:
        parts.append(f'<text x="{x(count)}" y="{PANEL_HEIGHT + 22}" text-anchor="middle">{count:,}</text>')
    parts.append(f'<text x="{PANEL_WIDTH / 2}" y="{PANEL_HEIGHT + 44}" text-anchor="middle">people</text>')
    for number, name in enumerate(names):
        points = [(x(count), y(value)) for count, value in sorted(panel.series[name].items())]
        if points:
            drawn = " ".join(f"{across},{down}" for across, down in points)
            parts.append(f'<polyline class="l{number}" points="{drawn}"/>')
            parts += [f'<circle class="l{number}" cx="{across}" cy="{down}" r="3.5"/>' for across, down in points]
            parts.append(_value(panel, number, points[-1], panel.series[name][max(panel.series[name])]))
    return parts


def _value(panel: Panel, number: int, point: tuple[float, float], value: float) -> str:
    """The last value in figures: above its point, of the last line, which lies close to another, below it."""
    across, down = point
    written = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    below = 22 if number == 3 else -10
    return f'<text class="value l{number}" x="{across}" y="{down + below}" text-anchor="middle">{written} {panel.unit}</text>'
