"""The prompts of the told wait: one for each range that may be told, so that all are made beforehand."""

from __future__ import annotations

from collections.abc import Mapping

from civicline.core import told

TEMPLATES = frozenset({"wait_under", "wait_between", "wait_over"})
REASONS = frozenset({f"wait_rose_{reason.value}" for reason in told.WaitRose})
PROMPTS = TEMPLATES | REASONS
"""A pack has all of them or none; without them the wait is estimated, but not said."""
PLACES = {"wait_under": {"high"}, "wait_between": {"low", "high"}, "wait_over": {"low"}}


def name(of: tuple[int, int | None]) -> str:
    """The prompt of a range: "wait.5-10", "wait.0-2", "wait.60-more"."""
    low, high = of
    return f"wait.{low}-{'more' if high is None else high}"


def spoken(texts: Mapping[str, str]) -> dict[str, str]:
    """Every range's prompt in the language of `texts`; {} where the pack has no words for it."""
    if not texts.keys() >= TEMPLATES:
        return {}
    return {name(each): texts[_template(each)].format(low=each[0], high=each[1]) for each in told.ranges()}


def _template(of: tuple[int, int | None]) -> str:
    low, high = of
    if high is None:
        return "wait_over"
    return "wait_between" if low else "wait_under"
