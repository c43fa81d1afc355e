"""The key that signs cookies."""

from __future__ import annotations

from pathlib import Path

import psycopg

from civicline.people import keyset, rotation
from civicline.web.secret import secret_key, when_needed


def test_it_follows_from_the_keyset_and_stays_over_a_rotation(journal, tmp_path: Path) -> None:
    path, other = tmp_path / "keyset.json", tmp_path / "other.json"
    keyset.create(path)
    keyset.create(other)
    first = secret_key(path, {})
    assert len(first) >= 64
    with psycopg.connect(journal.urls.app, autocommit=True) as conn:
        rotation.rotate(path, conn)
    assert secret_key(path, {}) == first != secret_key(other, {})


def test_one_that_is_given_wins(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "none", {"CIVICLINE_SECRET_KEY": "given"}) == "given"


def test_without_a_keyset_it_is_this_processs_own_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "none"
    assert secret_key(path, {}) != secret_key(path, {})
    made = when_needed(path)
    assert str(made) == str(made) and len(made) >= 64
    assert list(tmp_path.iterdir()) == []
