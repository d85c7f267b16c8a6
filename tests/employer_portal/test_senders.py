"""The sender of e-mails on the settings page of provider and employer."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Employer, HistoryEntry, User
from emailtemplates import delivery
from emailtemplates.models import MailState, OutgoingEmail, Sender
from tests import cast
from tests.emailtemplates.dns_server import DnsServer

OF_PROVIDER = "/employer/provider/settings/"
TYPED = {"sender_name": "Bakkerij Van Dam", "sender_address": "hr@bakker.example"}


def of(employer: Employer) -> str:
    return reverse("employer_portal:employer_settings", args=[employer.public_id])


def page(answer: Any) -> str:
    """What is read on it, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def english(browser: Client) -> Client:
    """The desk of somebody who reads English."""
    User.objects.update(language="en")
    return browser


def give_back_code(desk: Client, settings_page: str) -> Any:
    delivery.deliver_due()
    (code,) = re.findall(r"\b\d{8}\b", str(mail.outbox[-1].body))
    answer: Any = desk.post(f"{settings_page}sender/confirm/", {"code": f"{code[:4]} {code[4:]} "})
    return answer


@pytest.mark.parametrize("at_employer", [True, False])
def test_the_whole_way_on_the_page(
    carla: User, bakery: Employer, proper_domain: Callable[[str], None], *, at_employer: bool
) -> None:
    proper_domain("bakker.example")
    settings_page = of(bakery) if at_employer else OF_PROVIDER
    desk = english(cast.sign_in(carla, "employer"))
    assert "E-mails now come from Salarisportaal, portaal@example.nl." in page(desk.get(settings_page))

    answer = desk.post(f"{settings_page}sender/", TYPED, follow=True)
    assert answer.redirect_chain == [(settings_page, 302)]
    assert "We mailed a code to hr@bakker.example" in page(answer)
    assert give_back_code(desk, settings_page).status_code == 302
    assert "Answers go to hr@bakker.example." in page(desk.get(settings_page))
    shown = page(desk.post(f"{settings_page}sender/check/", follow=True))

    assert "All three DNS records are right." in shown
    assert "E-mails now come from Bakkerij Van Dam, hr@bakker.example." in shown


def test_the_page_shows_record_by_record_what_is_missing(carla: User, bakery: Employer, dns_server: DnsServer) -> None:
    desk = english(cast.sign_in(carla, "employer"))
    dns_server.texts |= {
        "bakker.example": ["v=spf1 mx -all"], "_dmarc.bakker.example": ["v=DMARC1; p=none"]
    }  # fmt: skip
    before = page(desk.post(f"{of(bakery)}sender/", TYPED, follow=True))
    assert before.count("Not looked at yet") == 3

    shown = page(desk.post(f"{of(bakery)}sender/check/", follow=True))

    assert "SPF Not right There is a record, but this portal is not in it" in shown.replace("there is", "There is")
    assert "DMARC Right" in shown
    for part in (
        "v=spf1 include:spf.example.nl ~all",
        "bos._domainkey.bakker.example",
        "CNAME",
        "bos._domainkey.example.nl",
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("sender_name", "Bakkerij\nBcc: x@evil.example"),
        ("sender_name", "Bakkerij\x07"),
        ("sender_name", "Bakkerij \u202eevil"),
        ("sender_name", "bank@bank.example"),
        ("sender_name", "x" * 256),
        ("sender_address", "hr@bakker.example\r\nBcc: x@evil.example"),
        ("sender_address", "a@b.example, c@d.example"),
        ("sender_address", "hr@127.0.0.1"),
        ("sender_address", "hr@nl"),
        ("sender_address", "x" * 250 + "@bakker.example"),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_nothing_typed_is_lost(
    carla: User, bakery: Employer, field: str, typed: str
) -> None:
    desk = cast.sign_in(carla, "employer")

    answer = desk.post(f"{of(bakery)}sender/", {**TYPED, field: typed})

    assert answer.status_code == 422
    form = answer.context["sender"].form
    assert list(form.errors) == [field]
    assert form[field].value() == typed
    assert form["sender_name" if field == "sender_address" else "sender_address"].value() in TYPED.values()
    assert not Sender.objects.exists()


def test_255_characters_fit(carla: User, bakery: Employer) -> None:
    desk = cast.sign_in(carla, "employer")

    assert desk.post(f"{of(bakery)}sender/", {**TYPED, "sender_name": "é" * 255}).status_code == 302
    assert Sender.objects.get().name == "é" * 255


def test_an_international_domain_is_shown_as_people_write_it(carla: User, bakery: Employer) -> None:
    desk = cast.sign_in(carla, "employer")

    shown = desk.post(f"{of(bakery)}sender/", {**TYPED, "sender_address": "hr@bäckerei.example"}, follow=True)

    assert Sender.objects.get().address == "hr@xn--bckerei-5wa.example"
    assert shown.context["sender"].form["sender_address"].value() == "hr@bäckerei.example"


@pytest.mark.parametrize("code", ["", "1234", "abcdefgh", "x" * 100])
def test_what_is_no_code_costs_no_try(carla: User, bakery: Employer, code: str) -> None:
    desk = cast.sign_in(carla, "employer")
    desk.post(f"{of(bakery)}sender/", TYPED)

    answer = desk.post(f"{of(bakery)}sender/confirm/", {"code": code})

    assert answer.status_code == 422
    assert Sender.objects.get().code_tries == 0


def test_wrong_codes_are_counted_out(carla: User, bakery: Employer) -> None:
    desk = english(cast.sign_in(carla, "employer"))
    desk.post(f"{of(bakery)}sender/", TYPED)

    answers = [desk.post(f"{of(bakery)}sender/confirm/", {"code": "00000000"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [422] * 5 + [409]
    assert "You have 4 tries left." in page(answers[0])
    assert "wrong too often" in page(answers[4])
    assert "Have a new one mailed" in page(answers[5])


def test_what_makes_no_sense_now_is_refused_with_the_reason(carla: User, bakery: Employer) -> None:
    desk = english(cast.sign_in(carla, "employer"))

    for act, data in (("code", {}), ("confirm", {"code": "01234567"}), ("check", {})):
        answer = desk.post(f"{of(bakery)}sender/{act}/", data)
        assert answer.status_code == 409
        assert "There is no address here" in page(answer)


def test_a_viewer_sees_it_and_changes_nothing(vera: User, bakery: Employer, dns_server: DnsServer) -> None:
    Sender.objects.create(provider=bakery.provider, employer=bakery, name="Bakkerij", address="hr@bakker.example")
    viewer = cast.sign_in(vera, "employer")

    shown = viewer.get(of(bakery))
    assert shown.status_code == 200
    assert "hr@bakker.example" in shown.content.decode()
    assert "/settings/sender/check/" not in shown.content.decode()
    for act in ("", "code/", "confirm/", "check/"):
        assert viewer.post(f"{of(bakery)}sender/{act}", {**TYPED, "code": "01234567"}).status_code == 403
        assert viewer.post(f"{OF_PROVIDER}sender/{act}", {"code": "x"}).status_code == 403
    assert not HistoryEntry.objects.exists()
    assert not dns_server.asked


def test_an_employers_administrator_has_the_own_employer_only(bakery: Employer, garage: Employer) -> None:
    own = cast.sign_in(cast.make_administrator("gert", provider=bakery.provider, employer=bakery), "employer")

    assert own.post(f"{of(bakery)}sender/", TYPED).status_code == 302
    assert own.post(f"{of(garage)}sender/", TYPED).status_code == 404
    assert own.post(f"{OF_PROVIDER}sender/", TYPED).status_code == 404
    assert Sender.objects.get().employer == bakery


def test_a_stranger_gets_404(stranger: User, bakery: Employer) -> None:
    desk = cast.sign_in(stranger, "employer")

    assert {
        desk.post(f"{of(bakery)}sender/{act}", TYPED).status_code for act in ("", "code/", "confirm/", "check/")
    } == {404}


def test_what_the_operator_must_decide_is_not_asked_of_the_administrator(
    carla: User, bakery: Employer, settings: Settings
) -> None:
    settings.SENDER_SPF = settings.SENDER_DKIM_SELECTOR = ""
    desk = english(cast.sign_in(carla, "employer"))

    shown = page(desk.post(f"{of(bakery)}sender/", TYPED, follow=True))

    assert shown.count("Ask the operator of this portal.") == 2


def test_a_code_that_did_not_arrive_is_told(carla: User, bakery: Employer) -> None:
    desk = english(cast.sign_in(carla, "employer"))
    desk.post(f"{of(bakery)}sender/", TYPED)
    now = timezone.now()
    OutgoingEmail.objects.update(state=MailState.BOUNCED, why="550 5.1.1 unknown", finished_at=now, attention_at=now)

    assert "The code did not arrive at hr@bakker.example: 550 5.1.1 unknown." in page(desk.get(of(bakery)))
