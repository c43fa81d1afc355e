"""Durations and choices of made-up people."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

Chance = random.Random


def lognormal(chance: Chance, median_s: float, spread: float = 0.5) -> float:
    """`spread` is the standard deviation of the logarithm; 0.5 gives a mean 13 % above the median."""
    return chance.lognormvariate(math.log(median_s), spread)


def one_of(chance: Chance, weights: Mapping[str, float]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
