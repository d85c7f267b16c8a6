"""Where this installation keeps things: database, broker, cache."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from accounts.doctor.findings import Findings, attention, fault, information
from emailtemplates.clock import database_now

# What Django still speaks with.
OLDEST_POSTGRESQL = 14
# Codes of a second factor and lifetimes of links bear this much.
LARGEST_DIFFERENCE = timedelta(seconds=2)
REDIS_PATIENCE_SECONDS = 1.0


def database() -> Findings:
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        yield fault(
            _("The database does not answer (%(error)s).") % {"error": type(error).__name__},
            _("See whether it runs, and whether DATABASE_URL names it with the right user and password."),
        )
        return
    if waiting:
        yield fault(
            _("Migrations are waiting: %(count)d, such as %(name)s.") % {"count": len(waiting), "name": waiting[0][0]},
            _("Run manage.py migrate."),
        )
    if connection.vendor == "postgresql":
        yield from _postgresql()
    elif settings.REDIS_URL:
        yield attention(
            _("The database is SQLite, which serves one machine only, but there is a Redis for several."),
            _("Name a PostgreSQL in DATABASE_URL before a second machine joins."),
        )


def _postgresql() -> Findings:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        (version,) = cursor.fetchone()
        cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')")
        (can_search,) = cursor.fetchone()
    if version < OLDEST_POSTGRESQL:
        facts = {"version": version, "oldest": OLDEST_POSTGRESQL}
        yield fault(
            _("PostgreSQL is version %(version)d; %(oldest)d is the oldest that does.") % facts, _("Upgrade it.")
        )
    if not can_search:
        yield fault(
            _("PostgreSQL lacks the extension pg_trgm, without which searching is slow."),
            _("Have its administrator run CREATE EXTENSION pg_trgm in this database."),
        )


def clock() -> Findings:
    before = datetime.now(UTC)
    theirs = database_now()
    after = datetime.now(UTC)
    # The answer took some time; nothing is wrong if the database's time lies in between.
    difference = max(before - theirs, theirs - after, timedelta())
    if difference > LARGEST_DIFFERENCE:
        yield fault(
            _("The clocks of this machine and of the database are %(seconds)d seconds apart.")
            % {"seconds": difference.total_seconds()},
            _("Let both follow the same time server (NTP)."),
        )


def broker() -> Findings:
    if not settings.REDIS_URL:
        if connection.vendor == "postgresql":
            yield information(
                _("There is no Redis: the broker is a file, and only workers on this machine hear of work at once."),
                _("Name a Redis in REDIS_URL if there are more machines."),
            )
        return
    where = {"host": urlsplit(settings.REDIS_URL).netloc.rpartition("@")[2]}
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_PATIENCE_SECONDS, socket_connect_timeout=REDIS_PATIENCE_SECONDS
    )
    try:
        client.ping()
        policy = client.info("memory").get("maxmemory_policy", "noeviction")
    except (redis.RedisError, OSError) as error:
        yield fault(
            _("Redis at %(host)s does not answer (%(error)s). Mail still goes out, but later.")
            % {**where, "error": type(error).__name__},
            _("See whether it runs, and whether REDIS_URL names it with the right password."),
        )
        return
    finally:
        client.close()
    if policy != "noeviction":
        yield fault(
            _("Redis at %(host)s drops what it has no room for (maxmemory-policy %(policy)s).")
            % {**where, "policy": policy},
            _("Set its maxmemory-policy to noeviction."),
        )


def shared_cache() -> Findings:
    key = f"doctor-{uuid4()}"
    try:
        cache.set(key, "well", 10)
        found = cache.get(key)
        cache.delete(key)
    except (redis.RedisError, OSError) as error:
        found = type(error).__name__
    if found != "well":
        yield fault(
            _("The cache does not give back what was put in (%(found)s).") % {"found": found},
            _("See whether Redis runs and has memory left."),
        )
