"""kill -9 of each process while calls are in every phase: all go on by every law, and each is counted once.

SIPp is the witness: each call must end by its own BYE and 200, with nothing unexpected before. Seconds are printed
(`-s`), never asserted: docs/explanation/recovery.md has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chaos.floor import PHASES, PROCESSES, Floor
from chaos.witness import Witness


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    with Floor(tmp_path_factory.mktemp("floor")) as running:
        yield running


@pytest.fixture(scope="module")
def witness(floor: Floor) -> Witness:
    return Witness(floor.centre.url)


@pytest.mark.parametrize("process", PROCESSES)
def test_every_phase_survives(floor: Floor, witness: Witness, process: str) -> None:
    floor.fill()
    kill = floor.kill(process)
    floor.empty()
    witness.look()
    print(json.dumps(kill.line()))
    assert set(kill.recovered_s) == set(PHASES)


def test_each_contact_is_counted_once(floor: Floor) -> None:
    floor.assert_counted_once()
