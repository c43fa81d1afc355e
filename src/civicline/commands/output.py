"""Tables for people and for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def show(rows: Sequence[Row], as_json: bool) -> None:
    """One line a row; the columns are the keys of the first."""
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False, default=str))
        return
    if not rows:
        return
    columns = list(rows[0])
    cells = [columns, *([_text(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    return "" if value is None else str(value)
