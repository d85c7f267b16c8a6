"""Somebody who signed in, and posts forms to the real web server as quickly as a script can."""

import time
from dataclasses import dataclass

import requests

from accounts.models import Employee, User
from tests.cast import PASSWORD


@dataclass(frozen=True)
class Answer:
    status: int
    seconds: float


class Visitor:
    def __init__(self, url: str, user: User, *, portal: str = "employer") -> None:
        self._url, self._user, self._portal = url, user, portal
        self._session = requests.Session()

    def sign_in(self) -> Answer:
        path = f"/{self._portal}/sign-in/"
        self._session.get(self._url + path, timeout=60)
        return self.post(path, username=self._user.username, password=PASSWORD)

    def block(self, employee: Employee) -> Answer:
        return self.post(f"{path_of(employee)}block-access/", reason="left")

    def get(self, path: str) -> Answer:
        began = time.monotonic()
        answer = self._session.get(self._url + path, timeout=60, allow_redirects=False)
        return Answer(answer.status_code, time.monotonic() - began)

    def post(self, path: str, **form: str) -> Answer:
        """Raises requests.ConnectionError when the server dies meanwhile."""
        data = {**form, "csrfmiddlewaretoken": self._session.cookies["csrf"]}
        began = time.monotonic()
        answer = self._session.post(self._url + path, data=data, timeout=60, allow_redirects=False)
        return Answer(answer.status_code, time.monotonic() - began)


def path_of(employee: Employee) -> str:
    return f"/employer/{employee.employer.public_id}/employees/{employee.public_id}/"


def slowest_of_a_hundred(answers: list[Answer]) -> float:
    """The 99th percentile, in seconds."""
    seconds = sorted(answer.seconds for answer in answers)
    return seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
