"""Each process cut from the database by the network, for seconds, with a call in every phase: all go on.

CIVICLINE_CHAOS_CUTS says how many cuts (two of each process), CIVICLINE_CHAOS_SEED which. A cut of more than 10 s is
longer than a connection outlives (civicline.journal.connect). A line each in benchmarks/results/cuts.jsonl.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.away import Away, can_cut
from chaos.floor import PHASES, PROCESSES, Floor, median
from chaos.test_chaos import SEED
from chaos.witness import Witness

CUT = tuple(process for process in PROCESSES if process != "postgres")
CUTS = int(os.environ.get("CIVICLINE_CHAOS_CUTS", str(2 * len(CUT))))
SECONDS = (2.0, 5.0, 12.0)
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "cuts.jsonl"

_measured: list[float] = []
pytestmark = pytest.mark.skipif(not can_cut(), reason="needs root, iproute2, iptables and cgroup v2")


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    RESULTS.write_text("")
    with Away(tmp_path_factory.mktemp("away")) as away, Floor(tmp_path_factory.mktemp("floor"), away) as running:
        yield running


@pytest.fixture(scope="module")
def witness(floor: Floor) -> Witness:
    return Witness(floor.centre.url)


@pytest.mark.parametrize("number", range(CUTS), ids=lambda number: f"{SEED}-{number}")
def test_cut_from_the_database(floor: Floor, witness: Witness, number: int) -> None:
    chance = random.Random(f"{SEED}-cut-{number}")
    process, seconds = CUT[number % len(CUT)], chance.choice(SECONDS)
    floor.fill()
    found = floor.cut(process, seconds, answer_after_s=round(chance.uniform(0, seconds), 2))
    floor.empty()
    witness.look()
    witness.settled()
    with RESULTS.open("a") as results:
        results.write(json.dumps({"seed": SEED, "round": number, "cut_s": seconds} | found.line()) + "\n")
    _measured.extend(found.recovered_s[phase] for phase in PHASES)


def test_each_contact_is_counted_once(floor: Floor) -> None:
    floor.assert_counted_once()
    if _measured:
        print(f"after a cut: median {median(_measured):.2f} s, worst {max(_measured):.2f} s, {len(_measured)} phases")
