"""Which text a mail has: every combination of level, field and language, against ten lines that say it plainly."""

from itertools import product

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Employer, Provider
from emailtemplates.models.texts import EmailText
from emailtemplates.texts import Key, Origin, Text, TextLevel, origin, outdated_fields, resolve, resolve_all, shipped

MESSAGE = "access_blocked"
LEVELS = ("employer", "provider")
FIELDS = ("subject", "body")
LANGUAGES = ("nl", "en")
# A place where a text can be stored, and whether one is.
PLACES = list(product(LEVELS, FIELDS, LANGUAGES))
COMBINATIONS = list(product((False, True), repeat=len(PLACES)))


def words(level: str, field: str, language: str) -> str:
    return f"<p>{level} {field} {language}</p>"


def reference(stored: set[tuple[str, str, str]], field: str, language: str) -> tuple[str, str]:
    """The level and the words of one field, the plain way."""
    if ("employer", field, language) in stored:
        return "employer", words("employer", field, language)
    if ("provider", field, language) in stored:
        return "provider", words("provider", field, language)
    return "shipped", getattr(shipped(MESSAGE, language), field)


def store(provider: Provider, employer: Employer | None, language: str, **fields: str) -> EmailText:
    return EmailText.objects.create(
        provider=provider, employer=employer, message=MESSAGE, language=language, version=1, **fields
    )


def store_all(bakery: Employer, stored: set[tuple[str, str, str]]) -> None:
    for level, language in product(LEVELS, LANGUAGES):
        fields = {field: words(level, field, language) for field in FIELDS if (level, field, language) in stored}
        if fields:
            store(bakery.provider, bakery if level == "employer" else None, language, **fields)


def test_every_combination(bakery: Employer) -> None:
    for combination in COMBINATIONS:
        stored = {place for place, is_there in zip(PLACES, combination, strict=True) if is_there}
        EmailText.objects.all().delete()
        store_all(bakery, stored)
        for language in LANGUAGES:
            expected = {field: reference(stored, field, language) for field in FIELDS}

            text = resolve(MESSAGE, language, bakery.pk, bakery.provider_id)
            why = origin(MESSAGE, language, bakery.pk, bakery.provider_id)

            for field in FIELDS:
                level, wanted = expected[field]
                assert getattr(text, field) == wanted, stored
                version = None if level == "shipped" else 1
                assert getattr(why, field) == Origin(TextLevel(level), language, version), stored


def test_the_provider_itself_has_no_employers_text(bakery: Employer) -> None:
    store(bakery.provider, bakery, "nl", subject="Of the bakery")

    assert resolve(MESSAGE, "nl", None, bakery.provider_id) == shipped(MESSAGE, "nl")


def test_nobody_gets_a_text_of_another_employer_or_provider(
    bakery: Employer, garage: Employer, other_employer: Employer
) -> None:
    store(bakery.provider, bakery, "nl", subject="Of the bakery")
    store(bakery.provider, None, "nl", body="<p>Of De Linde</p>")
    ours = shipped(MESSAGE, "nl")

    assert resolve(MESSAGE, "nl", garage.pk, garage.provider_id) == Text(ours.subject, "<p>Of De Linde</p>")
    assert resolve(MESSAGE, "nl", other_employer.pk, other_employer.provider_id) == ours
    assert resolve(MESSAGE, "nl", bakery.pk, other_employer.provider_id) == ours


def test_a_language_without_a_shipped_text_has_its_own_fields_and_else_the_shipped_dutch(bakery: Employer) -> None:
    store(bakery.provider, bakery, "nl", subject="Of the bakery")
    store(bakery.provider, bakery, "fr", subject="De la boulangerie")

    text = resolve(MESSAGE, "fr", bakery.pk, bakery.provider_id)

    assert text == Text("De la boulangerie", shipped(MESSAGE, "nl").body)
    assert origin(MESSAGE, "fr", bakery.pk, bakery.provider_id).body == Origin(TextLevel.SHIPPED, "nl")


def test_a_field_that_breaks_a_rule_of_today_is_passed_over(bakery: Employer) -> None:
    store(bakery.provider, bakery, "nl", subject="{Onbekend}", body="<p>Of the bakery</p>")
    store(bakery.provider, None, "nl", subject="Of De Linde", body="<script>x</script>")

    assert resolve(MESSAGE, "nl", bakery.pk, bakery.provider_id) == Text("Of De Linde", "<p>Of the bakery</p>")
    assert origin(MESSAGE, "nl", bakery.pk, bakery.provider_id).subject.level is TextLevel.PROVIDER
    assert resolve(MESSAGE, "nl", None, bakery.provider_id) == Text("Of De Linde", shipped(MESSAGE, "nl").body)


def test_a_message_that_nobody_may_word_is_as_shipped(bakery: Employer) -> None:
    EmailText.objects.create(
        provider=bakery.provider, message="administrator_invitation", language="nl", subject="Of De Linde"
    )

    found = resolve("administrator_invitation", "nl", bakery.pk, bakery.provider_id)

    assert found == shipped("administrator_invitation", "nl")


def test_a_whole_batch_is_one_query(
    bakery: Employer, garage: Employer, other_employer: Employer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store(bakery.provider, bakery, "nl", subject="Of the bakery")
    keys = [
        Key(message, language, employer.pk, employer.provider_id)
        for message in (MESSAGE, "username", "administrator_invitation")
        for language in LANGUAGES
        for employer in (bakery, garage, other_employer)
    ]

    with django_assert_num_queries(1):
        texts = resolve_all(keys)

    assert texts == {key: resolve(*key) for key in keys}
    assert texts[Key(MESSAGE, "nl", bakery.pk, bakery.provider_id)].subject == "Of the bakery"


def test_what_is_only_ever_shipped_asks_the_database_nothing(
    bakery: Employer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        resolve_all([Key("sender_code", "nl", bakery.pk, bakery.provider_id), Key(MESSAGE, "nl", None, None)])


@pytest.mark.parametrize("at_employer", [True, False])
def test_one_text_for_each_level_message_and_language(bakery: Employer, at_employer: bool) -> None:
    employer = bakery if at_employer else None
    store(bakery.provider, employer, "nl")
    store(bakery.provider, employer, "en")

    with pytest.raises(IntegrityError), transaction.atomic():
        store(bakery.provider, employer, "nl")


def test_a_text_made_from_an_older_shipped_one_is_outdated(bakery: Employer) -> None:
    ours = shipped(MESSAGE, "nl")
    text = store(
        bakery.provider,
        bakery,
        "nl",
        subject="Of the bakery",
        subject_made_from=ours.subject,
        body="<p>Of the bakery</p>",
        body_made_from=ours.body + " Of before.",
    )

    assert outdated_fields(text) == ["body"]


def test_a_message_that_is_not_in_the_catalogue_leaves_the_others_their_text(bakery: Employer) -> None:
    known, unknown = (Key(message, "nl", bakery.pk, bakery.provider_id) for message in (MESSAGE, "of_an_older_release"))

    assert resolve_all([unknown, known]) == {known: shipped(MESSAGE, "nl")}
