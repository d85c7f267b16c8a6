"""Choosing a sender, confirming its address by a code, and looking at its domain."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import sender_codes, sender_domains, senders, tasks
from accounts.actor import Actor
from accounts.models import Employer, HistoryEntry, Provider
from accounts.permissions import NotAllowed
from emailtemplates import delivery, domains
from emailtemplates.models import MailState, OutgoingEmail, Sender, SenderDomain
from emailtemplates.senders import From, senders_of
from tests import cast
from tests.emailtemplates.dns_server import SERVFAIL, DnsServer

ADDRESS = "hr@bakker.example"
ProperDomain = Callable[[str], None]


def choose(at: Employer | Provider, by: Actor, *, name: str = "Bakkerij", address: str = ADDRESS) -> bool:
    return senders.change_sender(at=at, name=name, address=address, by=by)


def mailed_code() -> str:
    """The code in the mail that is delivered now."""
    known = len(mail.outbox)
    delivery.deliver_due()
    (code,) = re.findall(r"\b\d{8}\b", " ".join(str(each.body) for each in mail.outbox[known:]))
    return str(code)


def current(at: Employer) -> From:
    level = (at.provider_id, at.pk)
    return senders_of({level})[level]


def acts() -> list[str]:
    return list(HistoryEntry.objects.order_by("pk").values_list("act", flat=True))


def make_older(**passed: timedelta) -> None:
    Sender.objects.update(code_sent_at=F("code_sent_at") - passed["by"])


def test_from_choice_to_use(
    bakery: Employer, by_carla: Actor, proper_domain: ProperDomain, mailbox: cast.Mailbox
) -> None:
    proper_domain("bakker.example")

    assert choose(bakery, by_carla)
    assert current(bakery) == From("Bakkerij", "portaal@example.nl")
    code = mailed_code()
    assert senders.confirm_sender(at=bakery, code=code, by=by_carla) is None
    assert current(bakery) == From("Bakkerij", "portaal@example.nl", reply_to=ADDRESS)
    assert sender_domains.look_at_domain(at=bakery, by=by_carla)
    assert current(bakery) == From("Bakkerij", ADDRESS)

    assert acts() == ["sender_changed", "sender_code_sent", "sender_confirmed", "sender_domain_checked"]
    changed, sent, *_, checked = HistoryEntry.objects.order_by("pk")
    assert (changed.before, changed.after, changed.employer) == ("", f"Bakkerij <{ADDRESS}>", bakery)
    assert sent.mail == mailbox.all()[0]
    assert checked.after == "bakker.example: SPF ✓, DKIM ✓, DMARC ✓"


def test_each_done_twice(bakery: Employer, by_carla: Actor, proper_domain: ProperDomain, mailbox: cast.Mailbox) -> None:
    proper_domain("bakker.example")
    choose(bakery, by_carla)
    assert not choose(bakery, by_carla)
    assert not senders.mail_code(at=bakery, by=by_carla)
    assert len(mailbox.all()) == 1
    code = mailed_code()
    senders.confirm_sender(at=bakery, code=code, by=by_carla)
    with pytest.raises(senders.NothingToConfirm):
        senders.confirm_sender(at=bakery, code=code, by=by_carla)
    for _ in range(2):
        sender_domains.look_at_domain(at=bakery, by=by_carla)

    assert acts() == ["sender_changed", "sender_code_sent", "sender_confirmed", "sender_domain_checked"]


def test_the_code_is_nowhere_in_the_database(bakery: Employer, by_carla: Actor) -> None:
    choose(bakery, by_carla)

    code = mailed_code()

    rows = [*OutgoingEmail.objects.values(), *Sender.objects.values(), *HistoryEntry.objects.values()]
    assert code not in str(rows)


def test_five_wrong_guesses_end_the_code(bakery: Employer, by_carla: Actor) -> None:
    choose(bakery, by_carla)
    code = mailed_code()
    wrong = f"{(int(code) + 1) % 10**8:08}"

    left = [senders.confirm_sender(at=bakery, code=wrong, by=by_carla) for _ in range(sender_codes.MOST_TRIES)]

    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(senders.NoCode):
        senders.confirm_sender(at=bakery, code=code, by=by_carla)
    assert senders.mail_code(at=bakery, by=by_carla)
    assert senders.confirm_sender(at=bakery, code=mailed_code(), by=by_carla) is None


def test_a_code_is_good_for_a_day(bakery: Employer, by_carla: Actor) -> None:
    choose(bakery, by_carla)
    make_older(by=sender_codes.LIFETIME + timedelta(minutes=1))

    with pytest.raises(senders.NoCode):
        senders.confirm_sender(at=bakery, code="01234567", by=by_carla)


def test_an_older_code_that_was_not_sent_yet_is_not_sent(
    bakery: Employer, by_carla: Actor, mailbox: cast.Mailbox
) -> None:
    choose(bakery, by_carla)
    make_older(by=timedelta(minutes=2))
    OutgoingEmail.objects.update(created_at=F("created_at") - timedelta(minutes=2))
    assert senders.mail_code(at=bakery, by=by_carla)

    code = mailed_code()

    assert [each.state for each in mailbox.all()] == [MailState.SUPERSEDED, MailState.SENT]
    assert senders.confirm_sender(at=bakery, code=code, by=by_carla) is None


def test_another_address_loses_what_was_confirmed(
    bakery: Employer, by_carla: Actor, proper_domain: ProperDomain
) -> None:
    proper_domain("bakker.example")
    choose(bakery, by_carla)
    old_code = mailed_code()
    senders.confirm_sender(at=bakery, code=old_code, by=by_carla)
    sender_domains.look_at_domain(at=bakery, by=by_carla)

    choose(bakery, by_carla, address="directie@bakker.example")

    assert current(bakery) == From("Bakkerij", "portaal@example.nl")
    assert senders.confirm_sender(at=bakery, code=old_code, by=by_carla) is not None
    new_code = mailed_code()
    senders.confirm_sender(at=bakery, code=new_code, by=by_carla)
    assert current(bakery) == From("Bakkerij", "directie@bakker.example")


def test_another_name_keeps_the_address(bakery: Employer, by_carla: Actor) -> None:
    choose(bakery, by_carla)
    senders.confirm_sender(at=bakery, code=mailed_code(), by=by_carla)

    choose(bakery, by_carla, name="Bakker")

    assert current(bakery) == From("Bakker", "portaal@example.nl", reply_to=ADDRESS)
    assert acts().count("sender_code_sent") == 1


def test_a_mail_to_an_address_that_was_changed_meanwhile_is_not_sent(
    bakery: Employer, by_carla: Actor, mailbox: cast.Mailbox
) -> None:
    choose(bakery, by_carla)
    choose(bakery, by_carla, address="")

    delivery.deliver_due()

    assert [each.state for each in mailbox.all()] == [MailState.SUPERSEDED]


def test_provider_and_employer_have_codes_of_their_own(provider: Provider, bakery: Employer, by_carla: Actor) -> None:
    choose(provider, by_carla, name="De Linde")
    of_provider = mailed_code()
    choose(bakery, by_carla)
    of_employer = mailed_code()

    assert of_provider != of_employer
    assert senders.confirm_sender(at=bakery, code=of_provider, by=by_carla) == 4
    assert senders.confirm_sender(at=provider, code=of_provider, by=by_carla) is None
    assert senders.confirm_sender(at=bakery, code=of_employer, by=by_carla) is None


def test_a_code_survives_a_new_secret_key(bakery: Employer, by_carla: Actor, settings: Settings) -> None:
    choose(bakery, by_carla)
    code = mailed_code()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-0123456789-abcdefghijklmnopqrstuvwxyz"

    assert senders.confirm_sender(at=bakery, code=code, by=by_carla) is None


def test_nobodys_mailbox_is_filled(bakery: Employer, by_carla: Actor) -> None:
    for number in range(sender_codes.MOST_A_DAY):
        choose(bakery, by_carla, address=f"hr{number}@bakker.example")

    with pytest.raises(sender_codes.TooMany):
        choose(bakery, by_carla, address="nog-een@bakker.example")
    assert senders.own_sender(bakery).address == f"hr{sender_codes.MOST_A_DAY - 1}@bakker.example"


def test_only_managers_within_reach(
    provider: Provider, bakery: Employer, by_vera: Actor, by_stranger: Actor, dns_server: DnsServer
) -> None:
    acting: list[Callable[[Employer | Provider, Actor], object]] = [
        choose,
        lambda at, by: senders.mail_code(at=at, by=by),
        lambda at, by: senders.confirm_sender(at=at, code="01234567", by=by),
        lambda at, by: sender_domains.look_at_domain(at=at, by=by),
    ]
    levels: list[Employer | Provider] = [provider, bakery]
    for act, at, by in product(acting, levels, (by_vera, by_stranger)):
        with pytest.raises(NotAllowed):
            act(at, by)
    assert not acts()
    assert not dns_server.asked


def test_what_asks_for_an_address_says_so_without_one(bakery: Employer, by_carla: Actor) -> None:
    with pytest.raises(senders.NothingToConfirm):
        senders.mail_code(at=bakery, by=by_carla)
    with pytest.raises(sender_domains.NoDomain):
        sender_domains.look_at_domain(at=bakery, by=by_carla)


# --- The daily look --------------------------------------------------------------------------------


@pytest.fixture
def in_use(bakery: Employer, proper_domain: ProperDomain) -> Employer:
    """The bakery, which sends from a domain of its own."""
    proper_domain("bakker.example")
    Sender.objects.create(provider=bakery.provider, employer=bakery, address=ADDRESS, confirmed_at=timezone.now())
    tasks.look_at_sender_domains()
    assert current(bakery).address == ADDRESS
    return bakery


def a_day_later() -> None:
    SenderDomain.objects.update(checked_at=F("checked_at") - timedelta(days=1))


def test_a_domain_is_looked_at_once_a_day(in_use: Employer, dns_server: DnsServer) -> None:
    tasks.look_at_sender_domains()
    assert dns_server.asked["bakker.example"] == 1

    a_day_later()
    tasks.look_at_sender_domains()

    assert dns_server.asked["bakker.example"] == 2
    assert acts() == ["sender_domain_checked"]


def test_a_domain_that_stops_being_right_stops_being_used(in_use: Employer, dns_server: DnsServer) -> None:
    del dns_server.texts["bos._domainkey.bakker.example"]
    a_day_later()

    tasks.look_at_sender_domains()

    assert current(in_use) == From("Salarisportaal", "portaal@example.nl", reply_to=ADDRESS)
    assert SenderDomain.objects.get().dkim == domains.MISSING
    last = HistoryEntry.objects.order_by("pk").last()
    assert last is not None
    assert (last.actor_name, last.after) == ("schedule", "bakker.example: SPF ✓, DKIM ✗, DMARC ✓")


def test_a_fault_of_dns_alone_ends_nothing_for_some_days(in_use: Employer, dns_server: DnsServer) -> None:
    dns_server.trouble["bakker.example"] = SERVFAIL
    for _ in range(2):
        a_day_later()
        tasks.look_at_sender_domains()
    assert current(in_use).address == ADDRESS

    a_day_later()
    tasks.look_at_sender_domains()
    assert current(in_use).address == "portaal@example.nl"

    dns_server.trouble.clear()
    tasks.look_at_sender_domains()
    assert current(in_use).address == ADDRESS


def test_a_domain_of_nobody_is_forgotten(in_use: Employer) -> None:
    Sender.objects.update(address="", confirmed_at=None)

    tasks.look_at_sender_domains()

    assert not SenderDomain.objects.exists()
