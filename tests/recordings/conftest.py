from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from civicline.people import keyset
from civicline.recordings import keeper, store
from recordings.vault import Vault


@pytest.fixture
def vault(journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    monkeypatch.setenv("CIVICLINE_DATA", str(tmp_path))
    monkeypatch.setenv("CIVICLINE_KEYSET", str(tmp_path / "keyset.json"))
    keyset.create(tmp_path / "keyset.json")
    folder = store.folder(tmp_path)
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        yield Vault(journal.urls.app, conn, folder, tmp_path / "keyset.json", keeper.Keeper(conn, folder))
