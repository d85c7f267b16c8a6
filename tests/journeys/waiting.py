"""Waiting for something to become true, and never for a time."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, *, seconds: float = 40.0) -> T:
    """The first answer that counts as true; fails, saying `what` was waited for, when it does not come in time."""
    last_moment = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > last_moment:
            raise AssertionError(f"waited {seconds:.0f} seconds in vain for: {what}")
        time.sleep(0.05)
    return answer


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
