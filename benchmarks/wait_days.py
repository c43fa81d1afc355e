"""How close the told wait is to the real one: `python benchmarks/wait_days.py [--seeds 20]`.

Made days (tests/peers/made_days.py) go through the real rules on three loads: 24 half-hours, two peaks, 10 to 38
people, lognormal service of 12 min, exponential patience of 25 min. Counted: callers who were told a wait on arrival
and were served; a wait is close when it is within max(60 s, 25 % of it). Beside it, in the same run, what Asterisk's
app_queue would have told: (3 × what it told before + the last wait) ÷ 4. Then days on which half of the people go home
at noon by plan: the callers of the 20 min before noon, with and without the plan in the pack. JSON on standard output.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from peers import made_days as days

FLOOR_SHARE, FLOOR_AHEAD = 0.70, 0.12
AIM_SHARE, AIM_AHEAD = 0.75, 0.18
SEEDS = 20
OTHER = {"service_s": 420.0, "patience_s": 700.0}
"""Another agency than the one that the first figures fit: 7 min of service, and people who leave sooner."""


def measure(seeds: int, people: tuple[int, ...], **more: Any) -> dict[str, Any]:
    callers = [each for seed in range(seeds) for each in days.Running(days.Day(seed, people, **more)).run()]
    return _shares(callers) | {"abandon_rate": sum(each.wait_s is None for each in callers) / len(callers)}


def _shares(callers: list[days.Caller]) -> dict[str, Any]:
    shares = days.Shares.of(callers)
    ahead = shares.ours - shares.asterisk
    return asdict(shares) | {
        "ahead_of_asterisk": ahead,
        "floor_held": shares.ours >= FLOOR_SHARE and ahead >= FLOOR_AHEAD,
        "aim_held": shares.ours >= AIM_SHARE and ahead >= AIM_AHEAD,
    }


def noon(seeds: int, known: bool) -> dict[str, Any]:
    """`mean_told_s` stands beside `mean_wait_s`. `rises`: told more than before, with and without a reason."""
    whole, seen = [], []
    for seed in range(seeds):
        day = days.Day(seed, days.halved(days.LOADS["tight"]), known=known, say_every_s=120.0)
        callers = days.Running(day).run()
        whole += callers
        seen += days.before_noon(callers)
    told = [each.told_s for each in seen if each.told_s is not None and each.wait_s is not None]
    return _shares(seen) | {"mean_told_s": sum(told) / len(told), "rises": days.rises(whole)}


def run(seeds: int = SEEDS) -> dict[str, Any]:
    smaller = tuple(max(1, round(people * 420 / 720)) for people in days.scaled(days.LOADS["tight"]))
    return {
        "loads": {name: measure(seeds, days.scaled(share)) for name, share in days.LOADS.items()},
        "another_agency": measure(seeds, smaller, **OTHER),
        "half_leave_at_noon": {"plan_known": noon(seeds, True), "plan_unknown": noon(seeds, False)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="days of each kind")
    print(json.dumps(run(parser.parse_args().seeds), indent=1))


if __name__ == "__main__":
    main()
