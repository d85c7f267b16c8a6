import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import administrators, usernames
from accounts.actor import Actor
from accounts.management import options as shared
from accounts.models import Administrator, Employer, Provider, Role
from accounts.permissions import NotAllowed


class Command(BaseCommand):
    help = "Make an administrator of a provider, or of one employer. A link to choose a password is mailed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", metavar="SLUG", required=True)
        parser.add_argument("--employer", metavar="CLIENT_NUMBER", help="Only this employer, not all of the provider.")
        parser.add_argument("--username", required=True)
        parser.add_argument("--email", type=shared.text(254), required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.MANAGER.value)
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="Read the password from a line of input; then nothing is mailed.",
        )
        shared.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        by, provider = shared.actor(options), shared.provider(options)
        client_number = options["employer"]
        employer = None if client_number is None else shared.employer(provider, client_number)
        _require_address(options["email"])
        wanted = not _is_there_already(provider, employer, options)
        if wanted:
            _add(provider, employer, options, by)
        facts = {name: options[name] for name in ("username", "email", "role")}
        shared.tell(self, options, {**facts, "outcome": "done" if wanted else "nothing_to_do"})


def _require_address(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        message = _("“%(email)s” is not a single e-mail address.")
        raise CommandError(message % {"email": email}, returncode=shared.WRONG_USAGE) from None


def _is_there_already(provider: Provider, employer: Employer | None, options: dict[str, Any]) -> bool:
    return Administrator.objects.filter(
        provider=provider,
        employer=employer,
        role=options["role"],
        user__username_key=usernames.canonical(options["username"]),
        user__email=options["email"],
    ).exists()


def _add(provider: Provider, employer: Employer | None, options: dict[str, Any], by: Actor) -> None:
    password = _password_from_input() if options["password_stdin"] else None
    try:
        with transaction.atomic():
            administrators.add_administrator(
                provider=provider,
                employer=employer,
                username=options["username"],
                email=options["email"],
                role=options["role"],
                password=password,
                by=by,
            )
            transaction.set_rollback(options["dry_run"])
    except (usernames.UsernameRefused, ValidationError) as refusal:
        reasons = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
        raise CommandError("\n".join([*reasons, _("Nothing was done.")])) from None
    except NotAllowed:
        message = _("%(name)s may not act for %(place)s. Nothing was done.")
        raise CommandError(message % {"name": by.name, "place": employer or provider}) from None


def _password_from_input() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError(_("No password was given on standard input."), returncode=shared.WRONG_USAGE)
    return password
