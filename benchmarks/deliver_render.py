"""What one mail costs from text and facts to subject, HTML and plain text, in turns with one render of Django's."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from benchmarks.deliver_mails import all_rendered, content_of, facts_about, rendered
from emailtemplates.facts import Facts
from emailtemplates.models import OutgoingEmail
from emailtemplates.rendering import Rendered
from emailtemplates.senders import senders_of
from emailtemplates.texts import resolve
from emailtemplates.wire import Letter, as_bytes

GOAL = 1.0
BATCH = 100
REPEATS = 5


def line_8(rounds: int) -> Iterator[dict[str, object]]:
    """The ratio to Django's template of the same HTML; `what` holds the parts, in microseconds per mail."""
    mails = list(OutgoingEmail.objects.all()[:BATCH])
    facts = facts_about(mails)
    sent = {mail.pk: rendered(mail, facts[mail.pk]) for mail in mails}
    template = _as_django_template(mails[0], facts[mails[0].pk])
    ready = [_ready(mail, sent[mail.pk]) for mail in mails]
    senders = senders_of({(mail.provider_id, mail.employer_id) for mail in mails})
    letters = [Letter(mail, sent[mail.pk], senders[mail.provider_id, mail.employer_id]) for mail in mails]
    for mail in mails:
        assert template.render(Context(facts[mail.pk].values)) == sent[mail.pk].html
    contestants: dict[str, Callable[[], object]] = {
        "ours": lambda: all_rendered(mails, facts),
        "Django": lambda: [template.render(Context(facts[mail.pk].values)) for mail in mails],
        "Django's frame alone, around a ready text": lambda: [
            render_to_string("emails/frame.html", context) for context in ready
        ],
        "facts": partial(facts_about, mails),
        "as_bytes": lambda: [as_bytes(each) for each in letters],
        "facts to bytes, the whole way": partial(content_of, mails),
    }
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, work in contestants.items():
            taken[name].append(_micros(work))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    ratios = [own / other for own, other in zip(taken["ours"][1:], taken["Django"][1:], strict=True)]
    ours, theirs, *others = medians.items()
    yield {
        "line": 8,
        "ratio": round(ours[1] / theirs[1], 3),
        "goal": GOAL,
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "what": f"microseconds per mail: our subject, HTML and text {ours[1]:.0f} / Django's render of the HTML"
        f" {theirs[1]:.0f} ({'; '.join(f'{name} {micros:.0f}' for name, micros in others)})",
    }


def _as_django_template(mail: OutgoingEmail, known: Facts) -> Template:
    """The HTML of this mail, with Django's variables where its values stood."""
    variables = Facts({name: f"{{{{ {name} }}}}" for name in known.values})
    return Template(rendered(mail, variables).html)


def _ready(mail: OutgoingEmail, written: Rendered) -> dict[str, str]:
    """What the frame goes around, with nothing left to fill in."""
    body = resolve(mail.message, mail.language, mail.employer_id, mail.provider_id).body
    footer = written.text.rpartition("-- \n")[2].strip()
    return {
        "language": mail.language,
        "subject": written.subject,
        "heading": "",
        "body": mark_safe(body),
        "footer": footer,
    }


def _micros(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(REPEATS):
        work()
    return (time.perf_counter() - start) / (REPEATS * BATCH) * 1e6
