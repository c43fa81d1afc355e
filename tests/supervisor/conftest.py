"""Installations for tests, stopped at their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from installation import Site, Up


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "site").mkdir()
    return Site(tmp_path / "site")


@pytest.fixture
def start(site: Site) -> Iterator[Callable[..., Up]]:
    made: list[Up] = []

    def run(*words: str) -> Up:
        made.append(site.up(*words))
        return made[-1]

    yield run
    for each in made:
        each.close()
