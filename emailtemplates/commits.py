"""How long a commit takes: until the disk has it, or not.

On PostgreSQL a commit that does not wait is seen by everybody at once and reaches the disk with the next one that
does. Only a crash of the database itself can lose it, and only what it did not have on disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def without_waiting() -> Iterator[None]:
    """Commits of this connection do not wait for the disk, but for those that ask for it."""
    _set("SET synchronous_commit TO off")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback and connection.is_usable():
            _set("RESET synchronous_commit")


def wait_for_disk() -> None:
    """The commit of this transaction does, and with it everything that was committed before."""
    _set("SET LOCAL synchronous_commit TO on")


def _set(statement: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement)
