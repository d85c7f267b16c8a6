from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import providers
from accounts.management import options as shared
from accounts.permissions import NotAllowed


class Command(BaseCommand):
    help = "Make a provider (payroll bureau)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", type=shared.text(200))
        parser.add_argument("--slug", type=shared.text(50), required=True, help="Short name for commands: a-z, 0-9, -.")
        shared.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        name, slug = options["name"].strip(), options["slug"]
        try:
            validate_slug(slug)
        except ValidationError as error:
            raise CommandError(error.messages[0], returncode=shared.WRONG_USAGE) from None
        if not name:
            raise CommandError(_("A provider needs a name."), returncode=shared.WRONG_USAGE)
        by = shared.actor(options)
        try:
            with transaction.atomic():
                created = providers.create_provider(name=name, slug=slug, by=by)
                transaction.set_rollback(options["dry_run"])
        except providers.SlugTaken as taken:
            raise CommandError(_("“%(slug)s” is the provider “%(name)s”.") % {"slug": slug, "name": taken}) from None
        except NotAllowed:
            raise CommandError(_("Only at the command line itself can a provider be made: leave out --by.")) from None
        outcome = "done" if created else "nothing_to_do"
        shared.tell(self, options, {"provider": slug, "name": name, "outcome": outcome})
