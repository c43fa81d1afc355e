"""How each role reaches the database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from civicline.database import passwords
from civicline.database.errors import DatabaseError
from civicline.database.layout import Layout, layout
from civicline.settings import Settings

DATABASE = "civicline"
OWNER, APP, AUDITOR, SUPERUSER = "civicline_owner", "civicline_app", "civicline_auditor", "postgres"


class Urls(NamedTuple):
    owner: str
    """Owns the tables; for migrations only."""
    app: str
    """What every process uses: it cannot rewrite the journal."""
    auditor: str
    """Reads everything, writes nothing."""


def urls(settings: Settings, environ: Mapping[str, str] = os.environ) -> Urls:
    """Connection strings for libpq. Raises DatabaseError before the database was made."""
    if settings.database_url is not None:
        app = settings.database_url
        return Urls(environ.get("CIVICLINE_DATABASE_OWNER_URL") or app, app, app)
    place = layout(settings)
    words = passwords.load(place.passwords)
    if words is None:
        raise DatabaseError(f"there is no database in {settings.data} yet: run `civicline up` or `civicline migrate`")
    return Urls(_url(place, OWNER, words.owner), _url(place, APP, words.app), _url(place, AUDITOR, words.auditor))


def superuser_url(settings: Settings) -> str:
    """Of the bundled server; for extensions and for tests."""
    place = layout(settings)
    return _url(place, SUPERUSER, passwords.ensure(place.passwords).superuser)


def _url(place: Layout, role: str, password: str) -> str:
    host = quote(str(place.socket_dir), safe="")
    return (
        f"postgresql://{role}:{quote(password, safe='')}@/{DATABASE}?host={host}&port=5432&require_auth=scram-sha-256"
    )


def django_database(settings: Settings) -> dict[str, Any]:
    """Django's DATABASES["default"], as the app role. Needs neither a server nor an existing data folder."""
    return from_url(settings.database_url or _app_url(layout(settings)))


def _app_url(place: Layout) -> str:
    words = passwords.load(place.passwords)
    return _url(place, APP, words.app if words else "")


def from_url(url: str) -> dict[str, Any]:
    """A libpq connection string in Django's words."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", DATABASE),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": parts,
    }
