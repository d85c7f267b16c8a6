"""From text and facts to a mail."""

import re

import pytest

from emailtemplates.catalogue import MESSAGES
from emailtemplates.checks import shipped_texts
from emailtemplates.plain_text import plain_text
from emailtemplates.rendering import render
from emailtemplates.texts import shipped
from tests.emailtemplates.facts import LINK, VALUES

every_text = pytest.mark.parametrize(
    ("message", "language"), [(message, language) for message in MESSAGES for language in ("nl", "en")]
)


@every_text
def test_every_text_is_filled_entirely(message: str, language: str) -> None:
    needed = {name: VALUES[name] for name in MESSAGES[message].known}

    rendered = render(message, language, needed)

    for part in (rendered.subject, rendered.html, rendered.text):
        assert not re.search(r"[{}]", re.sub(r"<style>.*?</style>", "", part, flags=re.DOTALL))
    assert "!" not in rendered.text
    assert f'<html lang="{language}">' in rendered.html
    for name in MESSAGES[message].required:
        assert VALUES[name] in rendered.html
        assert VALUES[name] in rendered.text
        assert VALUES["Link"] not in rendered.subject


@every_text
def test_every_text_names_its_reader_and_sender(message: str, language: str) -> None:
    rendered = render(message, language, VALUES)

    for part in (rendered.html, rendered.text):
        assert "Beste Anna," in part
        assert VALUES["ProviderNaam"] in part
        assert VALUES["WerkgeverNaam"] in part


def test_the_shipped_texts_are_in_order() -> None:
    assert shipped_texts() == []


def test_a_language_without_a_text_gets_the_dutch_one() -> None:
    assert shipped("username", "fr") == shipped("username", "nl")


def test_the_block_mail_leaves_an_empty_reason_out() -> None:
    with_reason, without = (
        render("access_blocked", "nl", VALUES),
        render("access_blocked", "nl", {**VALUES, "Reden": ""}),
    )

    assert with_reason.html.count("<p>") == without.html.count("<p>") + 1
    assert "\n\n\n" not in without.text


def test_the_plain_part_holds_the_address_of_the_button() -> None:
    text = render("password_reset", "nl", VALUES).text

    assert f"\n\n{LINK}\n\n" in text
    assert "<" not in text


def test_the_plain_part_keeps_the_form_of_the_text() -> None:
    body = (
        "<p>One &amp; <strong>two</strong>,<br>three</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<ol><li>c</li><li>d</li></ol>"
        '<p>See <a href="https://a.example/">there</a> or <a href="https://b.example/">https://b.example/</a></p>'
    )

    assert plain_text(body) == (
        "One & two,\nthree\n\n- a\n- b\n\n1. c\n2. d\n\nSee there: https://a.example/ or https://b.example/"
    )


def test_a_name_cannot_add_anything_to_the_mail() -> None:
    names = {**VALUES, "WerkgeverNaam": '"><script>x</script>\r\nBcc: a@evil.example', "Voornaam": "{Link}"}

    rendered = render("username", "nl", names)

    assert "<script>" not in rendered.html
    assert LINK not in rendered.html
    assert "\n" not in rendered.subject
