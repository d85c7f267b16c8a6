"""Send username and give access, to many."""

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from accounts import many
from accounts.collective.act import MADE, Cases, Chunk
from accounts.collective.conditions import OPEN_BLOCK, can_be_answered, shares_address
from accounts.collective.verdicts import Caution, Verdict
from accounts.insert_select import RandomUUID, insert_select
from accounts.invitations import expiry
from accounts.models import CollectiveMutation, Invitation, InvitationEnd
from emailtemplates.clock import database_now
from emailtemplates.models import UNDERWAY, OutgoingEmail

_WAITING = Exists(OutgoingEmail.objects.filter(employee=OuterRef("pk"), message="username", state__in=UNDERWAY))
_NOT_USED = Exists(Invitation.objects.open().filter(employee=OuterRef("pk")))


def made_new(mutation: CollectiveMutation) -> RandomUUID:
    """The id of the mail, and of what it tells of."""
    return RandomUUID()


def username_cases(mutation: CollectiveMutation) -> Cases:
    return [
        (Q(account=None), Verdict.NO_ACCESS),
        (OPEN_BLOCK, Verdict.BLOCKED),
        (Q(account__last_login=None), Verdict.NEVER_SIGNED_IN),
        (Q(email=""), Verdict.NO_ADDRESS),
        (_WAITING, Verdict.ALREADY_WAITING),
    ]


def username_warnings(mutation: CollectiveMutation) -> Cases:
    return [(shares_address(), Caution.SHARED_ADDRESS)]


def send_username(chunk: Chunk) -> None:
    people = chunk.people(Verdict.CHANGE)
    many.mail("username", people, ids=MADE, about=None, **chunk.mailing)
    many.record("username_sent", people, reason=chunk.mutation.reason, mail=MADE, **chunk.trace)


def invite_cases(mutation: CollectiveMutation) -> Cases:
    cases: Cases = [(~Q(account=None), Verdict.HAS_ACCESS), (Q(email=""), Verdict.NO_ADDRESS)]
    # Who is named at the command line gets a new invitation on purpose.
    return cases if mutation.selection.get("again") else [*cases, (can_be_answered(), Verdict.ALREADY_INVITED)]


def invite_warnings(mutation: CollectiveMutation) -> Cases:
    today = database_now().date()
    return [(shares_address(), Caution.SHARED_ADDRESS), (Q(out_of_service_on__lt=today), Caution.OUT_OF_SERVICE)]


def invite(chunk: Chunk) -> None:
    """An earlier offer that was not used ends, and with it its link."""
    people = chunk.people(Verdict.CHANGE)
    facts = {"after": "invited", "reason": chunk.mutation.reason, "mail": MADE, **chunk.trace}
    many.record("invitation_resent", people.filter(_NOT_USED), **facts)
    many.record("invited", people.filter(~_NOT_USED), **facts)
    unused = Invitation.objects.open().filter(employee__in=people.values("pk"))
    unused.update(ended_at=Now(), end=InvitationEnd.RESENT)
    insert_select(
        Invitation,
        rows=people,
        values={
            "id": MADE,
            "employee": F("pk"),
            "email": F("email"),
            "invited_at": Now(),
            "invited_by_name": chunk.by.name,
            "expires_at": expiry(database_now()),
            "wrong_dates_of_birth": 0,
            "end": "",
        },
    )
    many.mail("invitation", people, ids=MADE, about=MADE, **chunk.mailing)
