"""The real processes of an installation, started for a journey and ended with it."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import redis
from django.db import connection

from tests.journeys.waiting import answers, free_port, until

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable


class Installation:
    """Web, workers, schedule and commands upon the database of the tests, with one broker and one mail server."""

    def __init__(self, *, redis_url: str, smtp_port: int, scratch: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.journeys.settings",
            "BASE_URL": self.url,
            "DATABASE_URL": _database_of_the_tests(),
            "REDIS_URL": redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "JOURNEYS_SCRATCH": str(scratch),
            "JOURNEYS_QUEUE": f"journeys-{uuid4().hex}",
        }
        self._web: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []
        # Its tables must be there before two processes make them at once.
        self._run("-c", "from config.serve import prepare_embedded_broker as prepare; prepare()")

    def start_web(self) -> None:
        address = f"127.0.0.1:{self.port}"
        gunicorn = ("-m", "gunicorn", "config.wsgi", "--threads", "8", "--log-level", "warning")
        self._web.append(self._start(*gunicorn, "--bind", address))
        until(lambda: answers(self.port), "the web server")

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """With an environment of its own, where something stands in it otherwise than in that of the rest."""
        name = f"{uuid4().hex}@localhost"
        threads = ("--pool", "threads", "--concurrency", "2")
        return self._start_celery("worker", *threads, "--hostname", name, **environment)

    def start_schedule(self) -> subprocess.Popen[bytes]:
        return self._start_celery("beat", "--pidfile", "")

    def kill_web_worker(self) -> None:
        """kill -9 for the process that answers requests; the one that keeps it running starts another."""
        for process in self._web:
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py prints; it must succeed."""
        return self._run("manage.py", *arguments)

    def end_workers(self) -> None:
        """End whatever runs but the web server."""
        _end(self._workers)
        self._workers.clear()

    def end(self) -> None:
        _end([*self._workers, *self._web])
        if self.environment["REDIS_URL"]:
            self._forget_queue()

    def _forget_queue(self) -> None:
        """Leave nothing of ours in a Redis that stays; one that a test killed has nothing."""
        with suppress(redis.ConnectionError), redis.Redis.from_url(self.environment["REDIS_URL"]) as server:
            for key in server.scan_iter(f"*{self.environment['JOURNEYS_QUEUE']}*"):
                server.delete(key)

    def _start_celery(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        celery = ("-m", "celery", "--quiet", "--app", "config")
        process = self._start(*celery, *arguments, "--loglevel", "warning", **environment)
        self._workers.append(process)
        return process

    def _start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        # A session of its own, so that it can be killed with all that it starts itself.
        return subprocess.Popen(
            [PYTHON, *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [PYTHON, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class Redis:
    """A Redis of one's own, to stop, kill and start again on the same port."""

    def __init__(self, scratch: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._scratch = scratch
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._scratch)]
        self._process = subprocess.Popen(
            ["redis-server", *options], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True
        )
        until(lambda: answers(self.port), "redis-server")

    def freeze(self) -> None:
        """It takes connections and says nothing, like a machine that swaps."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        kill(self._process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, for it and all that it started: nothing gets the chance to finish anything."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask them to stop, insist after a while, and leave nothing that they started."""
    for process in processes:
        process.terminate()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        kill(process)


def _database_of_the_tests() -> str:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
