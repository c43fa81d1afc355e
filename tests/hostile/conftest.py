"""One centre for all tests here: an attack must leave it fit for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.centre import Centre
from hostile.beside import pack
from peers import baresip, sipp


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    if not sipp.installed() or not baresip.installed():
        pytest.skip("sipp or baresip is missing: apt-get install sip-tester baresip-core")
    folder: Path = tmp_path_factory.mktemp("hostile")
    with Centre(folder, pack(folder)) as running:
        yield running
