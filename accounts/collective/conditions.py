"""Questions about one person, as conditions on a queryset of employees. Asked for the preview and again when it is done."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.models import AccessBlock, Administrator, Employee, Invitation
from emailtemplates.models import UNDELIVERED, OutgoingEmail, Sender

# Whoever has an address there does not have it from the employer.
PUBLIC_MAIL_DOMAINS = frozenset(
    {
        "gmail.com", "googlemail.com", "hotmail.com", "hotmail.nl", "outlook.com", "live.nl", "live.com", "icloud.com",
        "me.com", "yahoo.com", "ziggo.nl", "kpnmail.nl", "planet.nl", "xs4all.nl", "home.nl", "proton.me",
        "protonmail.com", "telfort.nl", "casema.nl", "upcmail.nl", "hetnet.nl", "quicknet.nl",
    }
)  # fmt: skip

_BLOCKS = AccessBlock.objects.filter(employee=OuterRef("pk"), lifted_at=None)
_INVITATIONS = Invitation.objects.filter(employee=OuterRef("pk"))

OPEN_BLOCK = Exists(_BLOCKS)
IS_ADMINISTRATOR = Exists(Administrator.objects.filter(user=OuterRef("account")))


def open_block_of() -> Subquery:
    """The id of the block that is in force."""
    return Subquery(_BLOCKS.values("pk")[:1])


def open_invitation() -> Subquery:
    """The id of the offer that was neither used nor ended, and has not expired."""
    return Subquery(_INVITATIONS.good().values("pk")[:1])


def can_be_answered() -> Exists:
    """There is an offer whose link works, and whose mail was not seen to fail."""
    failed = OutgoingEmail.objects.filter(pk=OuterRef("pk"), message="invitation", state__in=UNDELIVERED)
    return Exists(_INVITATIONS.usable().filter(~Exists(failed)))


def shares_address() -> Q:
    """Somebody else at the same employer has the same e-mail address."""
    others = Employee.objects.filter(employer=OuterRef("employer"), email=OuterRef("email")).exclude(pk=OuterRef("pk"))
    return ~Q(email="") & Q(Exists(others))


def has_address_at_employer(employers: Iterable[int]) -> Q:
    """The address is in a domain of the employer's own: that of its sender, or of an administrator of that employer."""
    wanted = list(employers)
    addresses = [
        *Sender.objects.filter(employer__in=wanted).values_list("employer_id", "address"),
        *Administrator.objects.filter(employer__in=wanted).values_list("employer_id", "user__email"),
    ]
    condition = Q(pk__in=[])
    for employer, domain in {(employer, address.rpartition("@")[2].lower()) for employer, address in addresses}:
        if domain and domain not in PUBLIC_MAIL_DOMAINS:
            condition |= Q(employer=employer, email__iendswith=f"@{domain}")
    return condition


def left_before(day: datetime) -> Q:
    return Q(out_of_service_on__lt=day)
