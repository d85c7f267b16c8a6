"""In whose name a mail goes out, by what provider and employer chose and what was proven."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import Employer, Provider
from emailtemplates.models import Sender, SenderDomain
from emailtemplates.senders import PROOF_LASTS, From, Level, proper_address, readable, senders_of

OURS = From("Salarisportaal", "portaal@example.nl")


def choose(
    at: Provider | Employer, name: str = "", address: str = "", *, confirmed: bool = True, proven: bool = False
) -> None:
    provider = at if isinstance(at, Provider) else at.provider
    confirmed_at = timezone.now() if confirmed else None
    Sender.objects.create(
        provider=provider,
        employer=None if isinstance(at, Provider) else at,
        name=name,
        address=address,
        confirmed_at=confirmed_at,
    )
    if proven:
        SenderDomain.objects.create(provider=provider, domain=address.partition("@")[2], proven_at=timezone.now())


def of(employer: Employer) -> From:
    level = (employer.provider_id, employer.pk)
    return senders_of({level})[level]


def test_without_any_choice_it_is_ours(bakery: Employer) -> None:
    assert of(bakery) == OURS
    assert senders_of({(None, None)}) == {(None, None): OURS}


def test_each_field_by_itself(provider: Provider, bakery: Employer, garage: Employer) -> None:
    choose(provider, "De Linde", "hr@linde.example", proven=True)
    choose(bakery, name="Bakkerij Van Dam")

    assert of(bakery) == From("Bakkerij Van Dam", "hr@linde.example")
    assert of(garage) == From("De Linde", "hr@linde.example")


def test_the_employers_own_address_goes_before_the_providers(provider: Provider, bakery: Employer) -> None:
    choose(provider, "De Linde", "hr@linde.example", proven=True)
    choose(bakery, address="hr@bakker.example", proven=True)

    assert of(bakery) == From("De Linde", "hr@bakker.example")


def test_an_unproven_domain_gets_the_answers_only(bakery: Employer) -> None:
    choose(bakery, "Bakkerij", "hr@bakker.example")

    assert of(bakery) == From("Bakkerij", "portaal@example.nl", reply_to="hr@bakker.example")


def test_an_unconfirmed_address_is_used_for_nothing(provider: Provider, bakery: Employer, garage: Employer) -> None:
    choose(bakery, "Bakkerij", "hr@bakker.example", confirmed=False, proven=True)
    assert of(bakery) == From("Bakkerij", "portaal@example.nl")

    choose(provider, address="hr@linde.example", proven=True)
    assert of(bakery) == From("Bakkerij", "hr@linde.example")


def test_a_domain_proven_for_one_provider_is_not_for_the_next(bakery: Employer, other_employer: Employer) -> None:
    choose(bakery, address="hr@bakker.example", proven=True)
    choose(other_employer, address="ik@bakker.example")

    assert of(other_employer) == From("Salarisportaal", "portaal@example.nl", reply_to="ik@bakker.example")


def test_a_proof_that_was_not_seen_for_days_is_none(bakery: Employer) -> None:
    choose(bakery, address="hr@bakker.example", proven=True)
    SenderDomain.objects.update(checked_at=timezone.now() - PROOF_LASTS + timedelta(minutes=1))
    assert of(bakery).address == "hr@bakker.example"

    SenderDomain.objects.update(checked_at=timezone.now() - PROOF_LASTS - timedelta(minutes=1))

    assert of(bakery) == From("Salarisportaal", "portaal@example.nl", reply_to="hr@bakker.example")


def test_a_whole_batch_in_two_queries(
    provider: Provider, bakery: Employer, garage: Employer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    choose(provider, "De Linde", "hr@linde.example", proven=True)
    levels: set[Level] = {(provider.pk, None), (None, None)}
    for number in range(30):
        employer = Employer.objects.create(provider=provider, client_number=f"2{number}", name=f"Zaak {number}")
        choose(employer, f"Zaak {number}", f"hr@zaak{number}.example", proven=number % 2 == 0)
        levels.add((provider.pk, employer.pk))

    with django_assert_num_queries(2):
        found = senders_of(levels)

    assert found.keys() == levels
    assert sum(1 for sender in found.values() if sender.reply_to) == 15


def test_without_a_provider_nothing_is_asked(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        senders_of({(None, None)})


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" HR@Bakker.Example ", "HR@bakker.example"),
        ("o'neill+hr@bakker.example", "o'neill+hr@bakker.example"),
        ("hr@bäckerei.example", "hr@xn--bckerei-5wa.example"),
        (f"{'x' * 64}@bakker.example", f"{'x' * 64}@bakker.example"),
    ],
)
def test_one_proper_address(typed: str, address: str) -> None:
    assert proper_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "hr",
        "@bakker.example",
        "hr@",
        "hr@nl",
        "hr@127.0.0.1",
        "hr@[127.0.0.1]",
        "a@b.example, c@d.example",
        "a@b.example;c@d.example",
        "a@b@c.example",
        '"a b"@bakker.example',
        "Bakkerij <hr@bakker.example>",
        "hr@bakker.example\nBcc: x@evil.example",
        "hr\r\n@bakker.example",
        "hr\x00@bakker.example",
        ".hr@bakker.example",
        "hr..x@bakker.example",
        "hé@bakker.example",
        f"{'x' * 65}@bakker.example",
        f"hr@{'.'.join(['abcdefgh'] * 28)}.exa",
        f"{'x' * 60}@{'.'.join(['abcdefgh'] * 25)}",
    ],
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        proper_address(typed)


def test_readable() -> None:
    assert readable("hr@xn--bckerei-5wa.example") == "hr@bäckerei.example"
    assert readable("") == ""
