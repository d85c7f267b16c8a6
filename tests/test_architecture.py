"""What docs/architecture.md promises about the code, asked of the code itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "demo", "emailtemplates", "employee_portal", "employer_portal")
LONGEST_FILE = 400

# Only these may put mail on the wire; everyone else goes through the outbox.
SENDING = {"emailtemplates.tasks", "emailtemplates.delivery", "django.core.mail"}
IN_A_VIEW_NEVER = {
    "save",
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "atomic",
    "send_mail",
}
# Unfinished work, filler, and addresses on somebody's own disk. The brackets keep these lines from finding themselves.
DOES_NOT_BELONG = re.compile(
    r"\b(TO[D]O|FI[X]ME|X[X]X)\b|lorem[ ]ipsum|(?<![\w.])/(home|root|Users|work)/\w", re.IGNORECASE
)


def python_files(*folders: str) -> list[Path]:
    return [
        path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts
    ]


def repository_files() -> list[Path]:
    """Everything under version control or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:  # an unpacked archive has no history
        pytest.skip("this is not a git work tree")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def attributes(path: Path) -> Iterator[ast.Attribute]:
    """Every `something.name` in the file."""
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute))


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_imports_point_down() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_view_leaves_changing_things_to_an_act() -> None:
    views = [path for path in python_files(*APPS) if path.stem == "views" or "views" in path.parts]

    assert views
    assert not [
        (path, node.lineno, node.attr) for path in views for node in attributes(path) if node.attr in IN_A_VIEW_NEVER
    ]


def test_history_is_only_added_to() -> None:
    """Nowhere in the code is `delete` or `update` asked of the history, by the model or by a relation to it."""
    change = re.compile(r"(HistoryEntry\.objects|\.history)\b[^\n]*\.(delete|update|bulk_update)\(")

    assert not [path for path in python_files(*APPS) if change.search(path.read_text())]


def test_mail_goes_through_the_outbox() -> None:
    senders = [path for path in python_files(*APPS) if imported(path) & SENDING]

    assert not [path for path in names(senders) if not path.startswith("emailtemplates/")]


def test_no_file_passes_the_wall() -> None:
    files = python_files(*APPS, "config", "tests")

    assert not names([path for path in files if len(path.read_text().splitlines()) > LONGEST_FILE])


def test_no_module_without_a_subject() -> None:
    homeless = {"utils", "common", "core", "helpers", "services", "misc"}

    assert not names([path for path in python_files(*APPS, "config", "tests") if homeless & {path.stem, *path.parts}])


def test_nothing_that_does_not_belong_here() -> None:
    found = []
    for path in repository_files():
        if path.suffix not in (".mo", ".png", ".ico", ".woff2"):
            found += [
                (str(path.relative_to(ROOT)), match.group()) for match in DOES_NOT_BELONG.finditer(path.read_text())
            ]

    assert not found


def test_every_template_is_used() -> None:
    """A template that no view, template or piece of code names is one to remove."""
    folder = ROOT / "templates"
    templates = sorted(path for path in folder.rglob("*.*") if path.is_file())
    mentions = "\n".join(path.read_text() for path in [*templates, *python_files(*APPS, "config")])
    known_to_django = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}

    assert not [
        name
        for name in (path.relative_to(folder).as_posix() for path in templates)
        if name not in known_to_django and f'"{name}"' not in mentions
    ]
