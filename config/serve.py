"""Keeps web, worker and schedule running on one machine: `python -m config.serve`. Ends all three with itself."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from config import env
from config.celery import app

HOST = "127.0.0.1"  # the machine's own proxy, or a browser on it; nobody from outside
# So that one that cannot start does not fill the log.
MOST_OFTEN_EVERY = 5.0
# For a request, and for the mail that is being sent, to be finished.
GRACE = 30.0


@dataclass(frozen=True)
class Child:
    process: subprocess.Popen[bytes]
    started: float


def port() -> int:
    """PORT, if it is free; otherwise the start stops with one clear line."""
    number = env.number("PORT", 8000)
    if not 0 < number < 65536:
        env.stop(f"PORT is {number}, but must be between 1 and 65535.")
    with socket.socket() as probe:
        # As the web server will: a port that was only just let go of is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except OSError as error:
            env.stop(f"port {number} cannot be used ({error.strerror}). Choose another one with PORT=…")
    return number


def run(number: int) -> None:
    """Serve at this port until Ctrl-C or SIGTERM; then nothing that was started here is left."""
    prepare_embedded_broker()
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "config"]
    threads = ["--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "10"]
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket", *threads]
    keep_running(
        {
            "web": [*gunicorn, "--bind", f"{HOST}:{number}", "--log-level", "warning"],
            "worker": [*celery, "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "warning"],
            "schedule": [*celery, "beat", "--loglevel", "warning", "--pidfile", ""],
        }
    )


def prepare_embedded_broker() -> None:
    """Without Redis: make the broker's tables and queue before two processes do so at once, and empty the queue.

    kombu lets the slower of the two fail, and never deletes what was delivered. Nothing is lost: every message is but
    a hint at rows in the database, which the schedule finds as well.
    """
    if not str(app.conf.broker_url).startswith("sqla+"):
        return
    with app.connection_for_write() as connection, connection.channel() as channel:
        queue = app.amqp.queues[app.conf.task_default_queue].bind(channel)
        queue.declare()
        queue.purge()


def keep_running(commands: Mapping[str, list[str]]) -> None:
    """Start each command, and again whenever it ends, until this process is asked to stop."""
    requests: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: requests.append(number))
    children: dict[str, Child] = {}
    try:
        while not requests:
            for name, command in commands.items():
                children[name] = _tended(name, command, children.get(name))
            time.sleep(0.2)
    finally:
        sys.stderr.write("sleutelbos: finishing what is under way.\n")
        _end(children.values(), at_once=lambda: len(requests) > 1)


def _tended(name: str, command: list[str], child: Child | None) -> Child:
    """The child, or the one that takes the place of a child that ended."""
    if child is not None:
        if child.process.poll() is None or time.monotonic() < child.started + MOST_OFTEN_EVERY:
            return child
        sys.stderr.write(f"sleutelbos: {name} ended with {child.process.returncode}; starting it again.\n")
    # A session of its own: Ctrl-C reaches only us, and what the child starts can be ended with it.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    return Child(process, time.monotonic())


def _end(children: Collection[Child], *, at_once: Callable[[], bool]) -> None:
    for child in children:
        child.process.terminate()
    last_moment = time.monotonic() + GRACE
    while any(child.process.poll() is None for child in children) and time.monotonic() < last_moment and not at_once():
        time.sleep(0.1)
    for child in children:
        # What it started and left behind; usually nothing.
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


if __name__ == "__main__":
    run(port())
