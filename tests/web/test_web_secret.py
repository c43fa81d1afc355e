"""The key that signs cookies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from civicline.web.secret import FILE, secret_key


def test_it_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first = secret_key(tmp_path, {})
    assert len(first) >= 64
    assert secret_key(tmp_path, {}) == first
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({*pool.map(lambda _: secret_key(tmp_path, {}), range(8))}) == 1


def test_one_that_is_given_wins(tmp_path: Path) -> None:
    assert secret_key(tmp_path, {"CIVICLINE_SECRET_KEY": "given"}) == "given"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_before_there_is_a_data_folder(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "data", {}) != secret_key(tmp_path / "data", {})
    assert not (tmp_path / "data").exists()
