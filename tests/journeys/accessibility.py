"""What every page must be: readable to axe in both schemes, in its language, and on a small screen."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SCHEMES = ("light", "dark")


def check(page: Page, path: str, language: str) -> None:
    page.goto(path)
    check_shown(page, language)


def check_shown(page: Page, language: str) -> None:
    """The page as it stands now: in the right language, to axe in both schemes, and on a small screen."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1, include_hidden=True)).to_have_count(1)
    for frame in page.locator("iframe:visible").all():
        # Axe speaks to every frame, and a frame that is still on its way to its page does not listen.
        frame.scroll_into_view_if_needed()
        expect(frame.content_frame.locator("body")).to_contain_text(re.compile(r"\S"))
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{page.url}, {scheme}: {found.generate_report()}"
    page.set_viewport_size({"width": 320, "height": 640})
    # A table may scroll within itself, the page may not.
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320, f"{page.url} is {width} wide on a screen of 320"
    page.set_viewport_size({"width": 1280, "height": 720})


def check_dialog(page: Page, label: str, language: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    for details in page.get_by_role("dialog").locator("summary").all():
        details.click()
    check_shown(page, language)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
