from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from e2e.callers import Town
from e2e.centre import Centre
from peers import baresip, sipp


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not (sipp.installed() and baresip.installed()):
        mark = pytest.mark.skip(reason="needs Debian's sip-tester and baresip-core")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the end of the journal, and of what its phones printed."""
    report = yield
    centre = getattr(item, "funcargs", {}).get("centre")
    if report.failed and isinstance(centre, Centre):
        report.sections.append(("journal", "\n".join(Town(centre).story()[-60:])))
        report.sections += [(f"{phone.user}'s phone", phone.log[-6000:]) for phone in baresip.latest]
    return report


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Centre(tmp_path_factory.mktemp("centre")) as running:
        yield running
