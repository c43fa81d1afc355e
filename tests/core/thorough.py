"""How long the machines of the rules are tried: briefly in `make test`, many times as long in `make chaos`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("CIVICLINE_CHAOS_EXAMPLES", "1"))


def thorough(examples: int, steps: int) -> settings:
    """So many runs of at most so many steps, times CIVICLINE_CHAOS_EXAMPLES."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples * TIMES, stateful_step_count=steps, deadline=None, suppress_health_check=slow)
