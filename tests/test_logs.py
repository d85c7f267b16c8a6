"""What a log must never hold."""

import json
import logging

import pytest
from django.test import RequestFactory
from pythonjsonlogger.json import JsonFormatter

from config.logs import WithoutLinks

TOKEN = "0123456789abcdef" * 6


def written(record: logging.LogRecord) -> str:
    WithoutLinks().filter(record)
    return JsonFormatter("%(levelname)s %(message)s").format(record)


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)


@pytest.mark.parametrize("page", ["activate", "set-password"])
def test_a_mailed_link_is_blanked(page: str) -> None:
    path = f"/employee/{page}/{TOKEN}/"
    entry = record("Gone: %s", path)
    entry.request = RequestFactory().get(path)  # as Django hands it along

    line = written(entry)

    assert TOKEN not in line
    assert f"/{page}/…" in json.loads(line)["message"]


def test_nobody_forges_a_line_or_colours_it() -> None:
    assert "\x1b" not in written(record("Not Found: %s", "/x\x1b[31m\r"))
