"""Each act on people in every state: the verdict, what is done, and taking it back."""

from accounts.actor import Actor
from accounts.collective import preview
from accounts.models import AccessBlock, Employee, HistoryEntry, Invitation
from emailtemplates.models import OutgoingEmail
from tests import cast
from tests.accounts.collective.conftest import Run, carry_out, outcomes, verdicts

Staff = dict[str, Employee]


def test_block_blocks_who_has_access_and_withdraws_open_invitations(staff: Staff, done: Run) -> None:
    mutation = done("block-access", shown_reason="We close.")

    expected = {"Anna": "change", "Bob": "withdraw", "Dirk": "no_access", "Eva": "already_blocked", "Willem": "change"}
    assert verdicts(mutation) == outcomes(mutation) == expected
    assert mutation.verdicts == {"change": 1, "warning": 1, "withdraw": 1, "nothing": 2}
    assert mutation.outcomes_by_kind == {"change": 2, "withdraw": 1, "nothing": 2}
    assert mutation.state == "done"
    block = AccessBlock.objects.get(employee=staff["anna"])
    mail = OutgoingEmail.objects.get(employee=staff["anna"])
    entry = HistoryEntry.objects.get(employee=staff["anna"])
    assert block.pk == mail.pk == entry.mail_id
    assert block.act_id == mail.act_id == entry.act_id == mutation.public_id
    assert (block.reason, block.shown_reason, entry.reason) == ("closed", "We close.", "closed")
    assert mail.state == "held"
    assert (mail.not_before - mail.created_at).total_seconds() == 300
    assert Invitation.objects.get(employee=staff["bob"]).end == "withdrawn"
    assert OutgoingEmail.objects.get(employee=staff["willem"]).state == "failed"


def test_undo_of_a_block_gives_back_what_it_took(staff: Staff, done: Run, by_carla: Actor) -> None:
    mutation = done("block-access")

    undo = carry_out(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)

    assert outcomes(undo) == {"Anna": "change", "Bob": "change", "Willem": "change"}
    assert list(Employee.objects.blocked()) == [staff["eva"]]
    assert Invitation.objects.usable().get().employee == staff["bob"]
    assert OutgoingEmail.objects.get(employee=staff["anna"]).state == "cancelled"
    assert [entry.act for entry in HistoryEntry.objects.filter(employee=staff["bob"]).order_by("pk")] == [
        "invitation_withdrawn",
        "invitation_restored",
    ]


def test_unblock_and_back(staff: Staff, done: Run, by_carla: Actor) -> None:
    mutation = done("unblock-access")

    assert outcomes(mutation)["Eva"] == "change"
    assert not Employee.objects.blocked().exists()

    undo = carry_out(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)

    assert outcomes(undo) == {"Eva": "change"}
    again = AccessBlock.objects.get(employee=staff["eva"], lifted_at=None)
    assert (again.reason, again.shown_reason) == ("left", "You left.")
    assert not OutgoingEmail.objects.exists()


def test_send_username_and_cancel(staff: Staff, done: Run, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    mutation = done("resend-username")

    assert outcomes(mutation) == {
        "Anna": "change", "Bob": "no_access", "Dirk": "no_access", "Eva": "blocked", "Willem": "no_address",
    }  # fmt: skip
    assert [mail.message for mail in mailbox.to(staff["anna"])] == ["username"]

    undo = carry_out(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)

    assert outcomes(undo) == {"Anna": "change"}
    assert [mail.state for mail in mailbox.all()] == ["cancelled"]


def test_invite_and_withdraw(staff: Staff, done: Run, by_carla: Actor, mailbox: cast.Mailbox) -> None:
    mutation = done("invite")

    assert outcomes(mutation) == {
        "Anna": "has_access", "Bob": "already_invited", "Dirk": "change", "Eva": "has_access", "Willem": "has_access",
    }  # fmt: skip
    invitation = Invitation.objects.usable().get(employee=staff["dirk"])
    assert mailbox.to(staff["dirk"])[0].pk == invitation.pk

    undo = carry_out(preview.prepare_undo(mutation=mutation, by=by_carla), by_carla)

    assert outcomes(undo) == {"Dirk": "change"}
    assert Invitation.objects.get(employee=staff["dirk"]).end == "withdrawn"
    assert [mail.state for mail in mailbox.all()] == ["cancelled"]
