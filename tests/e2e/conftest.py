from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from e2e.callers import Town
from e2e.centre import Centre
from e2e.talks import BOB_HZ
from e2e.witness import AGENT_HZ, tone_file
from peers import baresip, sipp
from peers.ports import free_udp


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
    if report.failed and isinstance(centre, Centre) and not centre.conn.closed:
        report.sections.append(("journal", "\n".join(Town(centre).story()[-60:])))
        report.sections += [(f"{phone.user}'s phone", phone.log[-6000:]) for phone in baresip.latest]
    return report


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Centre(tmp_path_factory.mktemp("centre")) as running:
        yield running


@pytest.fixture(scope="module")
def town(centre: Centre) -> Town:
    """Of the module's own centre, where it has one."""
    return Town(centre)


@pytest.fixture
def nothing_left(centre: Centre) -> Iterator[None]:
    yield
    centre.assert_nothing_left()


@pytest.fixture(scope="module")
def person_port() -> int:
    """At which the carrier rings people."""
    return free_udp()


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the representatives' phones play."""
    folder = tmp_path_factory.mktemp("tones")
    return {name: tone_file(folder / f"{name}.wav", hz) for name, hz in (("ann", AGENT_HZ), ("bob", BOB_HZ))}


@pytest.fixture(scope="module")
def tone(tones: dict[str, Path]) -> Path:
    return tones["ann"]
