"""What the made-up people themselves saw, summed up from their logs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from civicline.demo import log

FRAME_S = 0.02


def of_callers(folder: Path) -> dict[str, Any]:
    """`calls` and what follows are of those who rang; both hear a representative. `rung`: telephones that we rang."""
    every = log.read(folder / "callers.jsonl")
    calls = [call for call in every if not call["rung"]]
    rung = [call for call in every if call["rung"]]
    talked = [call for call in calls if call["until_talk_s"] is not None]
    heard = [call["heard_representative"] for call in every if call["until_talk_s"] is not None]
    return {
        "calls": len(calls),
        "connected": sum(call["connected_s"] is not None for call in calls),
        "heard_sound": sum(call["heard_sound"] > 0 for call in calls),
        "heard_representative": sum(frames > 0 for frames in heard),
        "seconds_of_representative": round(sum(heard) * FRAME_S, 1),
        "average_until_talk_s": _mean([call["until_talk_s"] for call in talked]),
        "how_it_ended": dict(Counter(call["how"] for call in calls)),
        "left_in": dict(Counter(call["left_in"] for call in calls)),
        "heard_offer": sum(call["heard_offer"] for call in calls),
        "took_offer": sum(call["took_offer"] for call in calls),
        "rung": len(rung),
        "reconnected": sum(call["heard_representative"] > 0 for call in rung),
        "by_kind": dict(Counter(call["kind"] for call in calls)),
    }


def of_representatives(folder: Path) -> dict[str, Any]:
    calls = log.read(folder / "representatives.jsonl")
    return {
        "calls": len(calls),
        "heard_caller": sum(call["heard_caller"] > 0 for call in calls),
        "seconds_of_callers": round(sum(call["heard_caller"] for call in calls) * FRAME_S, 1),
        "average_talk_s": _mean([call["talk_s"] for call in calls]),
        "how_it_ended": dict(Counter(call["by"] for call in calls)),
    }


def _mean(numbers: list[float]) -> float | None:
    return round(sum(numbers) / len(numbers), 2) if numbers else None
