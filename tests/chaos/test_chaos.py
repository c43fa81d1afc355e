"""Rounds of calls with three kills each, at random moments: while calls arrive, in every phase, and while they end.

`make chaos`; CIVICLINE_CHAOS_ROUNDS says how many (200), CIVICLINE_CHAOS_SEED which. The second kill of a round goes
through the processes in turn and is measured: a line each in benchmarks/results/chaos.jsonl. After each round the
journal is folded by the laws of tests/core/laws.py.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.floor import PHASES, PROCESSES, Floor, median
from chaos.witness import Witness

ROUNDS = int(os.environ.get("CIVICLINE_CHAOS_ROUNDS", "200"))
SEED = int(os.environ.get("CIVICLINE_CHAOS_SEED", "0")) or random.randrange(1, 10**6)
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "chaos.jsonl"
WITHIN_S = 5.0
"""How late the kills while calls arrive or end may fall."""

_measured: list[float] = []
_kills: Counter[str] = Counter()


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("")
    with Floor(tmp_path_factory.mktemp("floor")) as running:
        yield running


@pytest.fixture(scope="module")
def witness(floor: Floor) -> Witness:
    return Witness(floor.centre.url)


@pytest.mark.parametrize("number", range(ROUNDS), ids=lambda number: f"{SEED}-{number}")
def test_round(floor: Floor, witness: Witness, number: int) -> None:
    chance = random.Random(f"{SEED}-{number}")
    first, third = chance.choice(PROCESSES), chance.choice(PROCESSES)
    at = [round(chance.uniform(0, WITHIN_S), 2) for _ in range(2)]
    process = PROCESSES[number % len(PROCESSES)]
    told = {"seed": SEED, "round": number, "arriving": [first, at[0]], "ending": [third, at[1]]}
    print(json.dumps(told | {"held": process}), flush=True)
    floor.fill(kill=floor.killed(first, at[0]))
    floor.await_all_up()
    kill = floor.kill(process, answer_after_s=chance.choice((0.0, 0.0, round(chance.uniform(0, 3), 2))))
    floor.empty(kill=floor.killed(third, at[1]))
    floor.await_all_up()
    witness.look()
    witness.settled()
    _kills.update((first, process, third))
    with RESULTS.open("a") as results:
        results.write(json.dumps(told | kill.line()) + "\n")
    _measured.extend(kill.recovered_s[phase] for phase in PHASES)


def test_each_contact_is_counted_once(floor: Floor, witness: Witness) -> None:
    floor.assert_counted_once()
    if _measured:
        told = {
            "rounds": len(_measured) // len(PHASES), "calls": floor.calls, "decisions": witness.decisions,
            "kills": dict(_kills), "recovered_median_s": round(median(_measured), 2),
            "recovered_worst_s": round(max(_measured), 2),
        }  # fmt: skip
        print(json.dumps(told))
        with RESULTS.open("a") as results:
            results.write(json.dumps(told) + "\n")
