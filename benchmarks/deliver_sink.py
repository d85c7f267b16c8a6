"""Postfix's smtp-sink on loopback: takes every mail, throws it away, and counts."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MISSING = (
    "smtp-sink is missing. Without installing anything: `apt-get download postfix && dpkg -x postfix_*.deb postfix`,"
    " then name postfix/usr/sbin/smtp-sink in SMTP_SINK."
)
_COUNT = re.compile(rb"mesg=(\d+)")
PATIENCE_SECONDS = 5.0


class Sink:
    def __init__(self, counted: Path) -> None:
        self._counted = counted

    def count(self) -> int:
        """How many mails it has taken since it started."""
        with self._counted.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 200))
            found = _COUNT.findall(file.read())
        return int(found[-1]) if found else 0

    def expect(self, count: int) -> None:
        """Ends the run unless it has taken exactly so many."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while self.count() < count and time.monotonic() < give_up_at:
            time.sleep(0.01)
        if self.count() != count:
            raise SystemExit(f"the sink took {self.count()} mails, expected {count}")


@contextmanager
def sink(port: int, folder: Path) -> Iterator[Sink]:
    """Runs until the end of the block."""
    program = _program()
    command = [str(program), "-c", f"127.0.0.1:{port}", "1000"]
    if os.geteuid() == 0:
        command[1:1] = ["-u", "nobody"]
    libraries = program.parent.parent / "lib" / "postfix"
    counted = folder / "sink"
    with counted.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, env={**os.environ, "LD_LIBRARY_PATH": str(libraries)})
    try:
        _wait_for(port)
        yield Sink(counted)
    finally:
        process.terminate()
        process.wait()


def _program() -> Path:
    found = os.environ.get("SMTP_SINK") or shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    if not Path(found).is_file():
        raise SystemExit(MISSING)
    return Path(found).resolve()


def _wait_for(port: int) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
