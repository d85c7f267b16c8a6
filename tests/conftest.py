"""The cast that every test is a sentence about."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.actor import Actor
from accounts.models import Department, Employee, Employer, Provider, Role, User
from tests import cast
from tests.emailtemplates.dns_server import DnsServer, running

# The browser of the journeys keeps an event loop in the test's own thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM_OPTIONS = [
    "--no-sandbox",  # continuous integration runs as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]


CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def pytest_configure() -> None:
    settings.SCRATCH.mkdir()


def pytest_unconfigure() -> None:
    shutil.rmtree(settings.SCRATCH, ignore_errors=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Pass over what this round has no server or browser for; bin/test says so, and with CI=true refuses to."""
    if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    if item.get_closest_marker("journey") and not Path(CHROMIUM).exists():
        pytest.skip("needs Chromium")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, which never leaves the machine."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_OPTIONS}


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(slug="linde", name="Salarisbureau De Linde")


@pytest.fixture
def bakery(provider: Provider) -> Employer:
    return Employer.objects.create(provider=provider, client_number="1001", name="Bakkerij Van Dam")


@pytest.fixture
def garage(provider: Provider) -> Employer:
    """Another employer of the same provider."""
    return Employer.objects.create(provider=provider, client_number="1002", name="Garage Smit")


@pytest.fixture
def other_provider(db: None) -> Provider:
    return Provider.objects.create(slug="eik", name="Loonkantoor De Eik")


@pytest.fixture
def other_employer(other_provider: Provider) -> Employer:
    """Of the other provider, with the client number of the bakery."""
    return Employer.objects.create(provider=other_provider, client_number="1001", name="Bloemen Eik")


@pytest.fixture
def department(bakery: Employer) -> Department:
    return Department.objects.create(employer=bakery, name="Winkel")


@pytest.fixture
def anna(bakery: Employer, department: Department) -> Employee:
    """Active, and has signed in before."""
    return cast.make_employee(
        bakery, "1", "Anna", "Vries", prefix="de", department=department, account=cast.make_account("anna")
    )


@pytest.fixture
def bob(bakery: Employer) -> Employee:
    """Invited, and has not answered yet."""
    bob = cast.make_employee(bakery, "2", "Bob", "Jansen", date_of_birth=date(1985, 12, 3))
    cast.make_invitation(bob)
    return bob


@pytest.fixture
def dirk(bakery: Employer) -> Employee:
    """Never had access."""
    return cast.make_employee(bakery, "4", "Dirk", "Bakker")


@pytest.fixture
def eva(bakery: Employer) -> Employee:
    """Blocked."""
    eva = cast.make_employee(bakery, "5", "Eva", "Smit", account=cast.make_account("eva"))
    cast.make_block(eva, reason="left", shown_reason="You left.")
    return eva


@pytest.fixture
def without_email(bakery: Employer) -> Employee:
    """Active, but payroll knows no address."""
    return cast.make_employee(bakery, "6", "Willem", "Post", email="", account=cast.make_account("willem"))


@pytest.fixture
def carla(provider: Provider) -> User:
    """Manager at the provider."""
    return cast.make_administrator("carla", provider=provider)


@pytest.fixture
def vera(provider: Provider) -> User:
    """Viewer at the provider: may look, not act."""
    return cast.make_administrator("vera", provider=provider, role=Role.VIEWER)


@pytest.fixture
def stranger(other_provider: Provider) -> User:
    """Manager at the other provider."""
    return cast.make_administrator("sander", provider=other_provider)


@pytest.fixture
def by_carla(carla: User) -> Actor:
    return Actor.of(carla)


@pytest.fixture
def by_vera(vera: User) -> Actor:
    return Actor.of(vera)


@pytest.fixture
def by_stranger(stranger: User) -> Actor:
    return Actor.of(stranger)


@pytest.fixture
def mailbox(db: None) -> cast.Mailbox:
    return cast.Mailbox()


@pytest.fixture
def dns_server(settings: Settings) -> Iterator[DnsServer]:
    """A DNS server that runs, and that the settings name; and what this installation asks of a domain."""
    settings.SENDER_SPF, settings.SENDER_DKIM_SELECTOR = "include:spf.example.nl", "bos"
    with running() as server:
        settings.DNS_RESOLVER = ("127.0.0.1", server.port)
        yield server


@pytest.fixture
def proper_domain(dns_server: DnsServer) -> Callable[[str], None]:
    """Gives a domain the three records that it needs."""

    def make_proper(domain: str) -> None:
        dns_server.texts |= {
            domain: ["v=spf1 include:spf.example.nl -all"],
            f"bos._domainkey.{domain}": ["v=DKIM1; k=rsa; p=MIIBIjAN"],
            f"_dmarc.{domain}": ["v=DMARC1; p=none"],
        }

    return make_proper
