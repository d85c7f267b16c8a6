"""What every command that changes something shares: who does it, for which provider, and telling what was done."""

import json
import os
import pwd
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.actor import Actor
from accounts.models import Employer, Provider, User

WRONG_USAGE = 2
# Nobody reads more of them in a terminal; --json has them all.
MOST_PRINTED = 1000


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="Tell what would be done, and do nothing.")
    parser.add_argument("--json", action="store_true", help="Tell it as JSON instead of a table.")
    parser.add_argument(
        "--by", metavar="USERNAME", help="The administrator who does this; without it, you at the command line."
    )


def text(longest: int) -> Callable[[str], str]:
    """A type of argument: one line that fits in so many characters."""

    def checked(value: str) -> str:
        if len(value) > longest or not value.isprintable():
            raise ArgumentTypeError(f"must be one line of at most {longest} characters")
        return value

    return checked


def filled_in(longest: int) -> Callable[[str], str]:
    """As text(); empty is wrong, for a filter that says nothing would mean everybody."""
    one_line = text(longest)

    def checked(value: str) -> str:
        if not value.strip():
            raise ArgumentTypeError("must not be empty")
        return one_line(value)

    return checked


def day(value: str) -> date:
    """A type of argument: a day that every time zone knows."""
    found = date.fromisoformat(value)
    if not 1900 <= found.year <= 2999:
        raise ArgumentTypeError("must be a day from 1900 to 2999")
    return found


def actor(options: Mapping[str, Any]) -> Actor:
    """The administrator of --by, whose own right counts; otherwise the operating system's user."""
    username = options["by"]
    if username is None:
        return Actor.command_line(_operating_system_user())
    user = User.objects.filter(username_key=usernames.canonical(username), administrators__isnull=False).first()
    if user is None:
        raise CommandError(_("There is no administrator “%(username)s”.") % {"username": username})
    return Actor.of(user)


def provider(options: Mapping[str, Any]) -> Provider:
    """The provider of --provider; without it the only one there is."""
    slug = options["provider"]
    found = list(Provider.objects.filter(slug=slug) if slug else Provider.objects.all()[:2])
    if slug and not found:
        raise CommandError(_("There is no provider “%(slug)s”.") % {"slug": slug})
    if not found:
        raise CommandError(_("There is no provider yet. Make one with create_provider."))
    if len(found) > 1:
        raise CommandError(_("There are several providers: say which one with --provider."), returncode=WRONG_USAGE)
    return found[0]


def employer(provider: Provider, client_number: str) -> Employer:
    found = Employer.objects.filter(provider=provider, client_number=client_number).first()
    if found is None:
        message = _("%(provider)s has no employer with client number %(number)s.")
        raise CommandError(message % {"provider": provider, "number": client_number})
    return found


def tell(
    command: BaseCommand,
    options: Mapping[str, Any],
    summary: Mapping[str, str | int],
    *,
    name: str = "",
    columns: Mapping[str, str] | None = None,
    rows: Iterable[Mapping[str, str]] = (),
    total: int | None = None,
) -> None:
    """Print the rows and their summary: as a table, or as JSON with the rows under `name`.

    `total`: how many rows there are, where that is known; otherwise those that are not printed are counted.
    """
    if options["json"]:
        _print_json(command, {"dry_run": options["dry_run"], **summary}, name, rows)
        return
    if columns:
        _print_table(command, columns, iter(rows), total)
    command.stdout.write(", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in summary.items()))
    if options["dry_run"]:
        command.stdout.write(_("This was a dry run: nothing was changed."))


def _print_json(command: BaseCommand, facts: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Row by row: of a million people no list is made."""
    text = json.dumps(facts, ensure_ascii=False, indent=2)
    if not name:
        command.stdout.write(text)
        return
    command.stdout.write(f"{text.removesuffix('}').rstrip()},\n  {json.dumps(name)}: [", ending="")
    between = "\n    "
    for row in rows:
        command.stdout.write(between + json.dumps(row, ensure_ascii=False), ending="")
        between = ",\n    "
    command.stdout.write("\n  ]\n}")


def _print_table(
    command: BaseCommand, columns: Mapping[str, str], rows: Iterator[Mapping[str, str]], total: int | None
) -> None:
    lines = [[_visible(row[key]) for key in columns] for row in islice(rows, MOST_PRINTED)]
    if not lines:
        return
    rest = sum(1 for _row in rows) if total is None else total - len(lines)
    lines.insert(0, list(columns.values()))
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        command.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if rest > 0:
        command.stdout.write(_("And %(count)s more; --json tells them all.") % {"count": rest})


def _visible(text: str) -> str:
    """What stands in a file must not steer somebody's terminal, nor fill it."""
    shown = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    return shown if len(shown) <= 200 else f"{shown[:199]}…"


def _operating_system_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container under a number that no one registered
        return f"uid {os.getuid()}"
