"""Wording e-mails: saving, back to the level above, putting a version back; and what the doctor says of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import email_texts
from accounts.access import block_access
from accounts.actor import Actor
from accounts.doctor.texts import overrides
from accounts.email_texts import NoSuchVersion, NotOverridable, NotProper, SomebodyElseSaved
from accounts.models import Administrator, Employee, Employer, HistoryEntry, Provider, User
from accounts.permissions import NotAllowed
from emailtemplates import delivery
from emailtemplates.models import SenderDomain
from emailtemplates.models.texts import EmailText, TextVersion
from emailtemplates.texts import Text, outdated_fields, shipped
from tests import cast

MESSAGE, LANGUAGE = "access_blocked", "nl"
OURS = shipped(MESSAGE, LANGUAGE)
BODY = "<p>{Aanhef},</p>\n<p>De bakkerij heeft je toegang geblokkeerd.</p>"


def save(at: Employer | Provider, by: Actor, **facts: Any) -> bool:
    """Save at the newest version, unless another is said."""
    facts = {"message": MESSAGE, "language": LANGUAGE, "subject": OURS.subject, "body": BODY, **facts}
    where = {"at": at, "message": facts["message"], "language": facts["language"]}
    facts.setdefault("expected_version", email_texts.own_text(**where).version)
    return email_texts.save_text(at=at, by=by, **facts)


def own(at: Employer | Provider) -> EmailText:
    return email_texts.own_text(at=at, message=MESSAGE, language=LANGUAGE)


def now(at: Employer | Provider) -> Text:
    return email_texts.text_at(at=at, message=MESSAGE, language=LANGUAGE)


def changes(at: Employer | Provider) -> list[tuple[int, str, str]]:
    rows = email_texts.versions(at=at, message=MESSAGE, language=LANGUAGE)
    return list(rows.values_list("number", "change", "body"))


def back(at: Employer | Provider, by: Actor) -> bool:
    return email_texts.back_to_above(at=at, message=MESSAGE, language=LANGUAGE, by=by)


def restore(at: Employer | Provider, by: Actor, number: int) -> bool:
    return email_texts.restore_version(at=at, message=MESSAGE, language=LANGUAGE, number=number, by=by)


def test_save_stores_only_what_differs_from_above(bakery: Employer, carla: User, by_carla: Actor) -> None:
    assert save(bakery, by_carla)

    text = own(bakery)
    assert (text.subject, text.body, text.version) == ("", BODY, 1)
    assert (text.subject_made_from, text.body_made_from) == ("", OURS.body)
    assert now(bakery) == Text(OURS.subject, BODY)
    (version,) = TextVersion.objects.all()
    assert (version.number, version.change, version.body) == (1, "saved", BODY)
    assert (version.changed_by, version.changed_by_name) == (carla, by_carla.name)
    (entry,) = HistoryEntry.objects.all()
    assert (entry.act, entry.employer, entry.actor) == ("text_changed", bakery, carla)
    assert (entry.before, entry.after) == ("access_blocked/nl 0", "access_blocked/nl 1")


def test_save_twice_makes_one_version(bakery: Employer, by_carla: Actor) -> None:
    save(bakery, by_carla)

    assert not save(bakery, by_carla)
    assert not save(bakery, by_carla, expected_version=0)
    assert not save(bakery, by_carla, body=BODY.replace("\n", "\r\n") + "\n ")

    assert changes(bakery) == [(1, "saved", BODY)]
    assert HistoryEntry.objects.count() == 1


def test_what_is_as_above_leaves_nothing_behind(bakery: Employer, by_carla: Actor) -> None:
    assert not save(bakery, by_carla, body=OURS.body)
    assert not save(bakery, by_carla, subject="", body=" ")

    assert not TextVersion.objects.exists()
    assert not HistoryEntry.objects.exists()


def test_an_employer_differs_from_its_provider(
    provider: Provider, bakery: Employer, garage: Employer, other_employer: Employer, by_carla: Actor
) -> None:
    save(provider, by_carla, subject="Van De Linde")
    save(bakery, by_carla, subject="Van De Linde", body="<p>Bakkerij</p>")

    assert own(bakery).subject == ""
    assert now(bakery) == Text("Van De Linde", "<p>Bakkerij</p>")
    assert now(garage) == Text("Van De Linde", BODY)
    assert now(other_employer) == OURS
    assert email_texts.text_above(at=bakery, message=MESSAGE, language=LANGUAGE) == Text("Van De Linde", BODY)

    assert back(bakery, by_carla)
    assert now(bakery) == now(garage)
    assert back(provider, by_carla)
    assert now(bakery) == now(provider) == OURS


def test_back_to_above_twice(bakery: Employer, by_carla: Actor) -> None:
    assert not back(bakery, by_carla)
    save(bakery, by_carla)

    assert back(bakery, by_carla)
    assert not back(bakery, by_carla)

    assert changes(bakery) == [(2, "back_to_above", ""), (1, "saved", BODY)]


def test_back_to_above_of_one_field(bakery: Employer, by_carla: Actor) -> None:
    save(bakery, by_carla, subject="Van de bakkerij")

    email_texts.back_to_above(at=bakery, message=MESSAGE, language=LANGUAGE, by=by_carla, fields=["subject"])

    assert now(bakery) == Text(OURS.subject, BODY)


def test_restore_an_earlier_version(bakery: Employer, by_carla: Actor) -> None:
    save(bakery, by_carla)
    save(bakery, by_carla, body="<p>Anders</p>")

    assert restore(bakery, by_carla, 1)
    assert not restore(bakery, by_carla, 1)

    assert now(bakery).body == BODY
    assert changes(bakery) == [(3, "restored", BODY), (2, "saved", "<p>Anders</p>"), (1, "saved", BODY)]
    assert TextVersion.objects.get(number=3).restored == 1
    for number in (0, 9):
        with pytest.raises(NoSuchVersion):
            restore(bakery, by_carla, number)


def test_a_version_of_another_employer_cannot_be_restored(bakery: Employer, garage: Employer, by_carla: Actor) -> None:
    save(bakery, by_carla)

    with pytest.raises(NoSuchVersion):
        restore(garage, by_carla, 1)


def test_the_second_editor_is_told_what_the_first_one_saved(bakery: Employer, by_carla: Actor) -> None:
    seen = own(bakery).version
    save(bakery, by_carla)

    with pytest.raises(SomebodyElseSaved) as told:
        save(bakery, by_carla, body="<p>Anders</p>", expected_version=seen)

    assert (told.value.theirs.body, told.value.theirs.version) == (BODY, 1)
    assert changes(bakery) == [(1, "saved", BODY)]
    assert save(bakery, by_carla, body="<p>Anders</p>", expected_version=told.value.theirs.version)


@pytest.mark.parametrize("act", [save, back, lambda at, by: restore(at, by, 1)])
def test_only_a_manager_of_that_level(
    act: Callable[[Any, Actor], bool],
    provider: Provider,
    bakery: Employer,
    garage: Employer,
    by_vera: Actor,
    by_stranger: Actor,
) -> None:
    of_garage = Actor.of(cast.make_administrator("gerard", provider=provider, employer=garage))
    refused = [
        (bakery, by_vera),
        (bakery, by_stranger),
        (bakery, of_garage),
        (provider, of_garage),
        (provider, by_vera),
    ]

    for at, by in refused:
        with pytest.raises(NotAllowed):
            act(at, by)

    assert Administrator.objects.filter(employer=garage).exists()
    assert not EmailText.objects.exists()
    assert save(garage, of_garage)


@pytest.mark.parametrize(
    ("message", "language"),
    [("administrator_invitation", "nl"), ("sender_code", "en"), ("access_blocked", "fr"), ("no_such_message", "nl")],
)
def test_what_nobody_may_word(bakery: Employer, by_carla: Actor, message: str, language: str) -> None:
    with pytest.raises(NotOverridable):
        save(bakery, by_carla, message=message, language=language)


def test_a_text_with_a_fault_is_not_saved(bakery: Employer, by_carla: Actor) -> None:
    with pytest.raises(NotProper) as refused:
        save(bakery, by_carla, subject="{Onbekend}", body="<p>Dag\n{7*7}</p>")

    found = [(fault.field, fault.place and tuple(fault.place)) for fault in refused.value.faults]
    assert found == [("subject", (1, 1)), ("body", (2, 1))]
    assert not EmailText.objects.exists()


def test_a_fault_above_is_no_fault_here(
    provider: Provider, bakery: Employer, by_carla: Actor, settings: Settings
) -> None:
    """What the provider has worded is not stored again, so the employer need not mend it."""
    image = '<p>Dag <img src="https://linde.example/logo.png" alt=""></p>'
    domain = SenderDomain.objects.create(provider=provider, domain="linde.example", proven_at=timezone.now())
    save(provider, by_carla, body=image)
    domain.delete()

    assert save(bakery, by_carla, subject="Van de bakkerij", body=image)
    with pytest.raises(NotProper):
        save(bakery, by_carla, body=image.replace("Dag", "Hoi"))


def test_images_come_from_the_providers_own_proven_domains(
    provider: Provider, bakery: Employer, other_employer: Employer, by_carla: Actor, by_stranger: Actor
) -> None:
    image = '<p>Dag <img src="https://img.linde.example/logo.png" alt=""></p>'
    with pytest.raises(NotProper):
        save(bakery, by_carla, body=image)
    SenderDomain.objects.create(provider=provider, domain="linde.example", proven_at=timezone.now())

    assert save(bakery, by_carla, body=image)
    with pytest.raises(NotProper):
        save(other_employer, by_stranger, body=image)


def test_a_save_that_fails_half_way_changes_nothing(bakery: Employer, by_carla: Actor) -> None:
    """The database refuses a second version of one number."""
    save(bakery, by_carla)
    EmailText.objects.update(version=0)

    with pytest.raises(IntegrityError), transaction.atomic():
        save(bakery, by_carla, body="<p>Anders</p>")

    assert (own(bakery).body, own(bakery).version) == (BODY, 0)
    assert HistoryEntry.objects.count() == 1


def test_an_own_text_stays_outdated_until_it_is_compared(bakery: Employer, by_carla: Actor) -> None:
    save(bakery, by_carla)
    EmailText.objects.update(body_made_from="<p>Of an older release</p>")

    save(bakery, by_carla, body=BODY.replace("heeft", "hééft"))
    assert outdated_fields(own(bakery)) == ["body"]
    assert save(bakery, by_carla, body=BODY.replace("heeft", "hééft"), compared=True)

    assert outdated_fields(own(bakery)) == []
    restore(bakery, by_carla, 2)
    assert outdated_fields(own(bakery)) == ["body"]


def test_a_change_takes_effect_on_mails_that_wait(
    anna: Employee, bakery: Employer, by_carla: Actor, mailoutbox: list[Any]
) -> None:
    block_access(employee=anna, by=by_carla, reason="left")
    save(bakery, by_carla, subject="Geblokkeerd door {WerkgeverNaam}")

    delivery.deliver_due()

    (mail,) = mailoutbox
    assert mail.subject == "Geblokkeerd door Bakkerij Van Dam"
    assert "De bakkerij heeft je toegang geblokkeerd." in mail.body
    assert "De bakkerij heeft je toegang geblokkeerd." in mail.alternatives[0][0]


def test_a_name_with_a_placeholder_stays_text(
    anna: Employee, bakery: Employer, by_carla: Actor, mailoutbox: list[Any]
) -> None:
    Employee.objects.filter(pk=anna.pk).update(first_name="{Link}")
    anna.refresh_from_db()
    save(bakery, by_carla, body="<p>{Voornaam} {WerkgeverNaam}</p>")
    block_access(employee=anna, by=by_carla, reason="left")

    delivery.deliver_due()

    (mail,) = mailoutbox
    assert "<p>{Link} Bakkerij Van Dam</p>" in mail.alternatives[0][0]
    assert mail.body.startswith("{Link} Bakkerij Van Dam\n")


def test_the_doctor_names_each_text_that_breaks_a_rule(bakery: Employer, by_carla: Actor) -> None:
    save(bakery, by_carla)
    assert list(overrides()) == []
    EmailText.objects.update(body="<p>Dag\n{Onbekend}</p>", body_made_from="<p>Of an older release</p>")

    broken, outdated = overrides()

    assert "access_blocked/nl" in broken.what
    assert "linde 1001" in broken.what
    assert "2" in broken.what
    assert "{Onbekend}" in broken.what
    assert "1" in outdated.what
    assert now(bakery) == OURS


def test_mails_of_one_batch_each_have_the_text_of_their_own_employer(
    anna: Employee, bakery: Employer, garage: Employer, by_carla: Actor, mailoutbox: list[Any]
) -> None:
    bram = cast.make_employee(garage, "1", "Bram", "Smit", account=cast.make_account("bram"))
    save(bakery, by_carla, subject="Van de bakkerij")
    for employee in (anna, bram):
        block_access(employee=employee, by=by_carla, reason="left")

    with CaptureQueriesContext(connection) as asked:
        delivery.deliver_due()

    assert {mail.subject.partition(" tot ")[0] for mail in mailoutbox} == {"Van de bakkerij", "Je toegang"}
    assert sum('FROM "emailtemplates_emailtext"' in query["sql"] for query in asked) == 1
