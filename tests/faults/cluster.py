"""A PostgreSQL of the test's own, that may crash."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.journeys.waiting import free_port

# PostgreSQL refuses to run as root; where it is installed there is a user for it.
_USER = "postgres" if os.geteuid() == 0 else None


class Cluster:
    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="sleutelbos-cluster-"))
        if _USER:
            shutil.chown(self._folder, _USER)
        self._run("initdb", "--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-sync")
        self._run("pg_ctl", "start", "--wait", "--log", f"{self._folder}/log", "--options", self._options())

    def crash(self) -> None:
        """Every process of it ends at once, as after a power cut, and it starts again from its log."""
        log = ("--log", f"{self._folder}/log", "--options", self._options())
        self._run("pg_ctl", "restart", "--mode", "immediate", "--wait", *log)

    def stop(self) -> None:
        """As crash(), but it stays away."""
        self._run("pg_ctl", "stop", "--mode", "immediate")

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--log", f"{self._folder}/log", "--options", self._options())

    def remove(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder)

    def _options(self) -> str:
        return f"-p {self.port} -h 127.0.0.1 -k {self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_bin() / program, "--pgdata", f"{self._folder}/data", *arguments],
            user=_USER,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}"


def _bin() -> Path:
    """Where the newest PostgreSQL of this machine has its programs; Debian does not put them on the path."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return Path(on_path or found[-1]).parent
