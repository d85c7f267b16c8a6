"""What DNS says of a domain, asked of a real DNS server."""

from collections.abc import Callable
from time import monotonic

import pytest
from pytest_django.fixtures import Settings

from emailtemplates import domains
from emailtemplates.domain_names import in_dns, in_letters
from emailtemplates.domains import Findings, look_up, wanted
from tests.emailtemplates.dns_server import SERVFAIL, SILENCE, DnsServer

RIGHT = Findings("", "", "")


def test_all_three_right(dns_server: DnsServer, proper_domain: Callable[[str], None]) -> None:
    proper_domain("bakker.example")

    assert look_up("bakker.example") == RIGHT


def test_nothing_there(dns_server: DnsServer) -> None:
    assert look_up("bakker.example") == Findings(domains.NO_SUCH_DOMAIN, domains.MISSING, domains.MISSING)


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ([], domains.MISSING),
        (["hello", "v=spf10 include:spf.example.nl"], domains.MISSING),
        (["v=spf1 -all"], domains.SPF_WITHOUT_US),
        (["v=spf1 include:spf.example.nl.evil.example -all"], domains.SPF_WITHOUT_US),
        (["v=spf1 -include:spf.example.nl ~all"], domains.SPF_WITHOUT_US),
        (["v=spf1 -all include:spf.example.nl"], domains.SPF_WITHOUT_US),
        (["v=spf1 include:spf.example.nl -all", "v=spf1 mx -all"], domains.SEVERAL),
        (["V=SPF1 mx +INCLUDE:spf.example.nl ~all"], ""),
        (["google-site-verification=1", "v=spf1 include:spf.example.nl"], ""),
    ],
)
def test_spf(dns_server: DnsServer, texts: list[str], fault: str) -> None:
    dns_server.texts["bakker.example"] = texts

    assert look_up("bakker.example").spf == fault


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ([], domains.MISSING),
        (["hello"], domains.DKIM_WITHOUT_KEY),
        (["v=DKIM1; k=rsa; p="], domains.DKIM_WITHOUT_KEY),  # withdrawn
        (["v=DKIM1; k=rsa; p=MIIBIjAN"], ""),
        (["p=MIIBIjAN"], ""),
    ],
)
def test_dkim(dns_server: DnsServer, texts: list[str], fault: str) -> None:
    dns_server.texts["bos._domainkey.bakker.example"] = texts

    assert look_up("bakker.example").dkim == fault


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ([], domains.MISSING),
        (["hello"], domains.MISSING),
        (["v=DMARC1"], domains.DMARC_WITHOUT_POLICY),
        (["v=DMARC1; p=perhaps"], domains.DMARC_WITHOUT_POLICY),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], domains.SEVERAL),
        (["v=DMARC1; p=Quarantine; rua=mailto:d@bakker.example"], ""),
    ],
)
def test_dmarc(dns_server: DnsServer, texts: list[str], fault: str) -> None:
    dns_server.texts["_dmarc.bakker.example"] = texts

    assert look_up("bakker.example").dmarc == fault


def test_the_policy_of_the_domain_above_counts(dns_server: DnsServer) -> None:
    dns_server.texts["_dmarc.bakker.example"] = ["v=DMARC1; p=reject"]

    assert look_up("mail.hr.bakker.example").dmarc == ""
    assert not dns_server.asked["_dmarc.example"]


def test_aliases_are_followed_to_our_key(dns_server: DnsServer) -> None:
    dns_server.aliases["bos._domainkey.bakker.example"] = "bos._domainkey.example.nl"
    assert look_up("bakker.example").dkim == domains.MISSING

    dns_server.aliases["bos._domainkey.example.nl"] = "key.example.nl"
    dns_server.texts["key.example.nl"] = ["v=DKIM1; p=MIIBIjAN"]

    assert look_up("bakker.example").dkim == ""


def test_aliases_in_a_circle(dns_server: DnsServer) -> None:
    dns_server.aliases |= {"bos._domainkey.bakker.example": "b.example", "b.example": "bos._domainkey.bakker.example"}

    assert look_up("bakker.example").dkim in (domains.DNS_FAULT, domains.MISSING)


def test_a_huge_record_comes_over_tcp(dns_server: DnsServer, proper_domain: Callable[[str], None]) -> None:
    proper_domain("bakker.example")
    dns_server.texts["bakker.example"] += ["x" * 30_000, "y" * 20_000]

    assert look_up("bakker.example") == RIGHT
    assert dns_server.asked["bakker.example"] == 2


def test_servfail_says_nothing_about_the_domain(dns_server: DnsServer, proper_domain: Callable[[str], None]) -> None:
    proper_domain("bakker.example")
    dns_server.trouble["_dmarc.bakker.example"] = SERVFAIL

    findings = look_up("bakker.example")

    assert findings == Findings("", "", domains.DNS_FAULT)
    assert not findings.right
    assert not findings.conclusive


def test_silence_costs_no_more_than_one_time_out(dns_server: DnsServer) -> None:
    for name in ("bakker.example", "bos._domainkey.bakker.example", "_dmarc.bakker.example"):
        dns_server.trouble[name] = SILENCE
    began = monotonic()

    assert look_up("bakker.example") == Findings(*[domains.NO_ANSWER] * 3)
    assert monotonic() - began < domains.SECONDS_PER_QUESTION + 1.5


def test_no_dns_server_at_all(settings: Settings) -> None:
    settings.SENDER_SPF, settings.SENDER_DKIM_SELECTOR = "include:spf.example.nl", "bos"
    settings.DNS_RESOLVER = ("127.0.0.1", 1)

    assert not look_up("bakker.example").conclusive


def test_what_the_operator_did_not_decide(settings: Settings, dns_server: DnsServer) -> None:
    settings.SENDER_SPF = settings.SENDER_DKIM_SELECTOR = ""
    dns_server.texts["bakker.example"] = ["v=spf1 mx -all"]

    assert look_up("bakker.example")[:2] == (domains.SPF_NOT_ASKED, domains.DKIM_NOT_ASKED)
    assert [record.value for record in wanted("bakker.example")] == ["", "", "v=DMARC1; p=none"]
    assert look_up("bakker.example", spf_mechanism="").spf == ""


def test_the_records_to_add(dns_server: DnsServer, settings: Settings) -> None:
    shown = [(record.name, record.host, record.type, record.value) for record in wanted("bakker.example")]

    assert shown == [
        ("SPF", "bakker.example", "TXT", "v=spf1 include:spf.example.nl ~all"),
        ("DKIM", "bos._domainkey.bakker.example", "CNAME", "bos._domainkey.example.nl"),
        ("DMARC", "_dmarc.bakker.example", "TXT", "v=DMARC1; p=none"),
    ]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Bakker.Example.", "bakker.example"),
        ("bäckerei.example", "xn--bckerei-5wa.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("xn--bckerei-5wa.example", "xn--bckerei-5wa.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("nl", None),
        ("localhost", None),
        ("127.0.0.1", None),
        ("[127.0.0.1]", None),
        ("[IPv6:::1]", None),
        ("a..example", None),
        ("-a.example", None),
        ("a b.example", None),
        ("a\n.example", None),
        ("a_b.example", None),
        ("x" * 64 + ".example", None),
        (".".join(["abcdefgh"] * 40), None),
        ("", None),
    ],
)
def test_domains_as_dns_writes_them(typed: str, name: str | None) -> None:
    assert in_dns(typed) == name


def test_domains_as_people_write_them() -> None:
    assert in_letters("xn--bckerei-5wa.example") == "bäckerei.example"
    assert in_letters("bakker.example") == "bakker.example"
    assert in_letters("xn--zzzzzzzzzzz.example") == "xn--zzzzzzzzzzz.example"
