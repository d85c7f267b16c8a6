"""Everything that is shown is there in Dutch, with the labels of the contract, and in English for who asks for it."""

import ast
import gettext
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation.template import templatize

from accounts.models import Employee, User
from tests import cast
from tests.test_architecture import APPS, ROOT, python_files

CATALOGUE = ROOT / "locale" / "nl" / "LC_MESSAGES" / "django.po"
# What marks a text as one to translate, in the code and in what Django makes of a template.
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "npgettext"}
MARKED_IN_TEMPLATE = re.compile(r"""\b(?:_|n?p?gettext)\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def entries() -> list[dict[str, str]]:
    """What stands under msgid, msgid_plural and every msgstr of the Dutch catalogue; its header is left out."""
    found = []
    for block in CATALOGUE.read_text().split("\n\n")[1:]:
        entry, key = {}, ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                key, _, line = line.partition(" ")
                entry[key] = ""
            entry[key] += ast.literal_eval(line)
        found.append(entry)
    return found


def dutch_of(entry: dict[str, str]) -> list[str]:
    return [words for key, words in entry.items() if key.startswith("msgstr")]


def marked_texts() -> Iterator[str]:
    """Every text in code and templates that asks for a translation."""
    for path in python_files(*APPS, "config"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS):
                continue
            text = node.args[0]  # or a variable, whose text was marked where it was written
            if isinstance(text, ast.Constant):
                yield str(text.value)
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from map(ast.literal_eval, MARKED_IN_TEMPLATE.findall(templatize(path.read_text())))


def shows(page: str, label: str) -> bool:
    """Whether something on the page says this and nothing else."""
    return re.search(rf">\s*{re.escape(label)}\s*<", page) is not None


def page_of(person: Employee, by: User) -> str:
    """The page of one employee, as this administrator sees it."""
    path = reverse("employer_portal:employee", args=[person.employer.public_id, person.public_id])
    return cast.sign_in(by, "employer").get(path).content.decode()


def test_every_text_is_in_the_dutch_catalogue() -> None:
    texts, known = set(marked_texts()), {entry["msgid"] for entry in entries()}

    assert len(texts) > 200
    assert not texts - known, "run manage.py makemessages -l nl --no-location --no-obsolete, and translate"


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    assert not [entry["msgid"] for entry in entries() if not all(dutch_of(entry))]
    assert not re.search(r"^#.*\bfuzzy\b|^#~", CATALOGUE.read_text(), re.MULTILINE)


def test_every_translation_fills_in_the_same_facts() -> None:
    for entry in entries():
        facts = set(PLACEHOLDER.findall(entry.get("msgid_plural", entry["msgid"])))
        assert set(PLACEHOLDER.findall(dutch_of(entry)[-1])) == facts, entry["msgid"]


def test_the_dutch_is_in_our_voice() -> None:
    out_of_tune = re.compile(r"!|[Oo]ngeldig|\bu\b|\b[Uu]w\b")

    assert not [words for entry in entries() for words in dutch_of(entry) if out_of_tune.search(words)]


def test_what_is_compiled_is_what_is_written() -> None:
    compiled = CATALOGUE.with_suffix(".mo").read_bytes()
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        dutch = gettext.GNUTranslations(file)

    assert int.from_bytes(compiled[8:12], "little") == len(entries()) + 1  # the header is one of them
    for entry in entries():
        one, many = entry["msgid"], entry.get("msgid_plural")
        read = [dutch.gettext(one)] if many is None else [dutch.ngettext(one, many, 1), dutch.ngettext(one, many, 2)]
        assert read == dutch_of(entry), "run manage.py compilemessages"


@pytest.mark.parametrize("portal", ["employee", "employer"])
def test_the_way_in_has_the_labels_of_the_contract(db: None, portal: str) -> None:
    sign_in = Client().get(f"/{portal}/sign-in/").content.decode()
    forgotten = Client().get(f"/{portal}/forgotten-password/").content.decode()

    for label in ("Gebruikersnaam", "Wachtwoord", "Inloggen", "Wachtwoord vergeten?"):
        assert shows(sign_in, label)
    assert shows(forgotten, "Wachtwoord opvragen")


def test_the_employee_portal_has_the_labels_of_the_contract(anna: Employee) -> None:
    assert anna.account is not None

    home = cast.sign_in(anna.account, "employee").get("/employee/").content.decode()

    for label in ("Werknemerloket", "Loonstroken", "Jaaropgaven", "Uitloggen"):
        assert shows(home, label)


@pytest.mark.parametrize(
    ("who", "labels"),
    [
        ("dirk", ["Persoon", "Logboek", "Toegang Werknemerloket", "Uitloggen", "Geen toegang", "Toegang verlenen"]),
        ("bob", ["Uitgenodigd", "Uitnodiging opnieuw versturen", "Uitnodiging intrekken"]),
        ("anna", ["Actief", "Blokkeren", "Gebruikersnaam versturen"]),
        ("eva", ["Geblokkeerd", "Deblokkeren"]),
    ],
)
def test_the_page_of_an_employee_has_the_labels_of_the_contract(
    request: pytest.FixtureRequest, carla: User, who: str, labels: list[str]
) -> None:
    page = page_of(request.getfixturevalue(who), carla)

    for label in labels:
        assert shows(page, label)


def test_the_state_of_a_block_reads_as_a_dutch_sentence(eva: Employee, carla: User) -> None:
    sentence = r"Geblokkeerd sinds \d{1,2} [a-z]+ \d{4}, \d\d:\d\d door Carla; er is geen e-mail verstuurd\."

    assert re.search(sentence, page_of(eva, carla))


@pytest.mark.parametrize("asked", [None, "nl", "nl-BE, en;q=0.5", "de"])
def test_dutch_without_a_wish_or_with_one_we_cannot_grant(db: None, asked: str | None) -> None:
    answer = Client().get("/employee/sign-in/", headers={"Accept-Language": asked} if asked else {})

    assert '<html lang="nl">' in answer.content.decode()
    assert shows(answer.content.decode(), "Inloggen")


@pytest.mark.parametrize("asked", ["en", "en-GB, nl;q=0.5"])
def test_english_for_who_asks_for_it(db: None, asked: str) -> None:
    page = Client().get("/employee/sign-in/", headers={"Accept-Language": asked}).content.decode()

    assert '<html lang="en">' in page
    for label in ("Username", "Password", "Sign in", "Forgot your password?", "Skip to content"):
        assert shows(page, label)


def test_an_account_has_a_language_of_its_own(carla: User, dirk: Employee) -> None:
    User.objects.filter(pk=carla.pk).update(language="en")

    page = page_of(dirk, carla)

    assert '<html lang="en">' in page
    assert shows(page, "Give access")
    assert shows(page, "Has no access yet.")
