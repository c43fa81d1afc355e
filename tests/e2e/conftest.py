from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.centre import Centre
from peers import baresip, sipp


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not (sipp.installed() and baresip.installed()):
        mark = pytest.mark.skip(reason="needs Debian's sip-tester and baresip-core")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(mark)


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Centre(tmp_path_factory.mktemp("centre")) as running:
        yield running
