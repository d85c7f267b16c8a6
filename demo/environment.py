"""The environment of the demo: everything in var/demo, nothing from outside. What is set already stays as it is."""

import os
import secrets
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "var" / "demo"


def prepare() -> None:
    """Set what the settings need, before they are read."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PORT", "8000")
    for name, value in {
        "DEMO": "1",
        "SECRET_KEY": _secret_key(FOLDER / "secret-key"),
        "BASE_URL": f"http://localhost:{os.environ['PORT']}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "DATABASE_URL": f"sqlite:///{FOLDER / 'sleutelbos.sqlite3'}",
        "EMAIL_URL": f"file://{FOLDER / 'mail'}",
        "DEFAULT_FROM_EMAIL": "Salarisbureau De Linde <portaal@delinde.example>",
        "REQUIRE_ADMINISTRATOR_SECOND_FACTOR": "0",
    }.items():
        os.environ.setdefault(name, value)


def _secret_key(file: Path) -> str:
    """Made once, so that sessions and mailed links outlive a restart."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()
