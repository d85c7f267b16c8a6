"""Blocks many employees by the set-based act, in turns with hand-written SQL on the same tables.

    python -m benchmarks.collective [--quick] [--json] [--employees N] [--rounds N]

Prints the ratio of the two times (line 1; the goal is at most 1.3) with its spread. Both make the same rows: block,
history and mail. Every round is rolled back. Uses DATABASE_URL, in a database of its own that is made and dropped.
"""

import argparse
import json
import os
import shutil
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from uuid import uuid4  # noqa: E402

from django.db import connection, transaction  # noqa: E402
from django.db.models.functions import Now  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts import access  # noqa: E402
from accounts.actor import Actor  # noqa: E402
from accounts.models import AccessBlock, Employee, Employer, HistoryEntry, Provider, User  # noqa: E402
from emailtemplates.models import OutgoingEmail  # noqa: E402
from tests.settings import SCRATCH  # noqa: E402

GOAL = 1.3
UUID_SQL = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
NOW_SQL = {"postgresql": "statement_timestamp()", "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"}


def by_hand(employer: Employer) -> int:
    """What somebody would write who cared for nothing but speed."""
    act = uuid4() if connection.vendor == "postgresql" else uuid4().hex
    uuid, now = UUID_SQL[connection.vendor], NOW_SQL[connection.vendor]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_accessblock (id, employee_id, act_id, blocked_at, blocked_by_name, reason, shown_reason)"
            f" SELECT {uuid}, e.id, %s, {now}, 'benchmark', 'reason', '' FROM accounts_employee e"
            " WHERE e.employer_id = %s AND e.account_id IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM accounts_accessblock b WHERE b.employee_id = e.id AND b.lifted_at IS NULL)"
            " ORDER BY e.id",
            [act, employer.pk],
        )
        count = int(cursor.rowcount)
        cursor.execute(
            "INSERT INTO emailtemplates_outgoingemail (id, about, act_id, message, language, provider_id, employer_id,"
            ' employee_id, account_id, to_address, "values", priority, created_at, not_before, attempts, state, why)'
            f" SELECT b.id, b.id, b.act_id, 'access_blocked', e.language, r.provider_id, r.id, e.id, e.account_id, e.email,"
            f" '{{}}', 5, {now}, {now}, 0, 'queued', '' FROM accounts_accessblock b"
            " JOIN accounts_employee e ON e.id = b.employee_id JOIN accounts_employer r ON r.id = e.employer_id"
            " WHERE b.act_id = %s",
            [act],
        )
        cursor.execute(
            "INSERT INTO accounts_historyentry (public_id, at, act, act_id, provider_id, employer_id, employee_id,"
            " account_id, actor_name, before, after, reason, mail_id)"
            f" SELECT {uuid}, {now}, 'access_blocked', b.act_id, r.provider_id, r.id, e.id, e.account_id, 'benchmark',"
            " 'active', 'blocked', 'reason', b.id FROM accounts_accessblock b"
            " JOIN accounts_employee e ON e.id = b.employee_id JOIN accounts_employer r ON r.id = e.employer_id"
            " WHERE b.act_id = %s",
            [act],
        )
    return count


def by_act(employer: Employer) -> int:
    employees = Employee.objects.filter(employer=employer)
    return access.block_all(employees=employees, by=Actor(user=None, name="benchmark"), reason="reason")


def measure(work: Callable[[Employer], int], employer: Employer, expected: int) -> float:
    """Seconds for one round, which leaves nothing behind."""
    with transaction.atomic():
        start = time.perf_counter()
        count = work(employer)
        seconds = time.perf_counter() - start
        made = [
            AccessBlock.objects.filter(lifted_at=None).count(),
            *(m.objects.count() for m in (HistoryEntry, OutgoingEmail)),
        ]
        if [count, *made] != [expected] * 4:
            raise SystemExit(f"the work was not done: {count} blocked, rows {made}, expected {expected}")
        transaction.set_rollback(True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # outside a transaction: what was rolled back weighs on nobody
            for model in (AccessBlock, HistoryEntry, OutgoingEmail):
                cursor.execute(f"VACUUM {model._meta.db_table}")
    return seconds


def make_employees(count: int) -> Employer:
    provider = Provider.objects.create(slug="benchmark", name="Benchmark")
    employer = Employer.objects.create(provider=provider, client_number="1", name="Benchmark")
    for start in range(0, count, 5000):
        numbers = range(start, min(start + 5000, count))
        accounts = User.objects.bulk_create(User(username=f"u{n}", username_key=f"u{n}", password="!") for n in numbers)
        Employee.objects.bulk_create(
            Employee(
                employer=employer, personnel_number=str(n), first_name="Anna", last_name=f"Vries {n}", language="nl",
                date_of_birth=timezone.localdate(), email=f"u{n}@example.nl", account=account, search_key=f"anna {n}",
            )
            for n, account in zip(numbers, accounts, strict=True)
        )  # fmt: skip
    # Everybody was blocked and unblocked once before: on an empty table the planner of PostgreSQL guesses badly.
    AccessBlock.objects.bulk_create(
        [
            AccessBlock(employee=employee, act_id=uuid4(), blocked_by_name="b", blocked_at=Now(), lifted_at=Now())
            for employee in Employee.objects.filter(employer=employer)
        ],
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return employer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="under 45 seconds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--employees", type=int, default=10_000)
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    rounds = options.rounds or (5 if options.quick else 11)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    created = connection.creation.create_test_db(verbosity=0)
    try:
        employer = make_employees(options.employees)
        measure(by_hand, employer, options.employees)
        measure(by_act, employer, options.employees)
        pairs = [
            (measure(by_hand, employer, options.employees), measure(by_act, employer, options.employees))
            for _ in range(rounds)
        ]
    finally:
        connection.creation.destroy_test_db(created, verbosity=0)
        shutil.rmtree(SCRATCH)
    report(pairs, options.employees, as_json=options.json)


def report(pairs: list[tuple[float, float]], employees: int, *, as_json: bool) -> None:
    floor, act = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = [own / hand for hand, own in pairs]
    result = {
        "line": 1,
        "ratio": round(act / floor, 3),
        "goal": GOAL,
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "what": f"block {employees} employees: the act / hand-written SQL, {connection.vendor}",
    }
    if as_json:
        print(json.dumps(result))
        return
    print(
        f"{result['what']}\n  hand-written SQL  {floor:.3f} s (median of {len(pairs)})\n  the act           {act:.3f} s"
    )
    print(f"  ratio {result['ratio']} (spread {ratios and result['spread']}; goal at most {GOAL})")


if __name__ == "__main__":
    main()
