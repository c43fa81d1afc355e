"""Where the boxes stand: in columns by how many keys lead to them, each column ordered so that few ways cross.

The usual layered layout (Sugiyama, Tagawa and Toda 1981) cut down to what menus need: columns by the shortest way from
a line, order by the mean height of what leads there, then as near to it as the boxes above allow.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from civicline.agency.picture.boxes import Box, Key, Row

WIDTH, COLUMN_GAP = 330.0, 110.0
HEAD, GAP, MARGIN = 50.0, 22.0, 24.0
LINE, ROW_PAD, SAID_LINE = 15.0, 7.0, 14.0
ROW_LETTERS, SAID_LETTERS = 42, 52
"""That fit into a line of a row (13 px) and of what is said (11 px). Nothing is cut: where a key leads stands last."""


@dataclass
class Placed:
    box: Box
    column: int
    top: float = 0.0

    @property
    def left(self) -> float:
        return MARGIN + self.column * (WIDTH + COLUMN_GAP)

    @property
    def said(self) -> list[str]:
        return textwrap.wrap(self.box.said, SAID_LETTERS)

    @property
    def head(self) -> float:
        """Of what stands above the rows."""
        return HEAD + SAID_LINE * len(self.said) + (4.0 if self.box.said else 0.0)

    @property
    def height(self) -> float:
        return self.head + sum(_height(row) for row in self.box.rows) + 8.0

    def row_at(self, number: int) -> float:
        """The middle of a row."""
        above = sum(_height(row) for row in self.box.rows[:number])
        return self.top + self.head + above + _height(self.box.rows[number]) / 2


def lines(row: Row) -> list[str]:
    """An arrow stands before what it points to."""
    return textwrap.wrap(row.text.replace("→ ", "→\N{NO-BREAK SPACE}"), ROW_LETTERS)


def _height(row: Row) -> float:
    return ROW_PAD + LINE * len(lines(row))


@dataclass
class Layout:
    placed: dict[Key, Placed] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def place(boxes: Sequence[Box]) -> Layout:
    columns = _columns(boxes)
    found = Layout({box.key: Placed(box, columns[box.key]) for box in boxes})
    last = max(columns.values(), default=0)
    for column in range(last + 1):
        _stack(found, [box for box in boxes if columns[box.key] == column])
    found.width = 2 * MARGIN + (last + 1) * WIDTH + last * COLUMN_GAP
    found.height = MARGIN + max((each.top + each.height for each in found.placed.values()), default=0.0)
    return found


def _columns(boxes: Sequence[Box]) -> dict[Key, int]:
    """How many steps each box is away from the nearest line; what nobody reaches stands beside the lines."""
    by_key = {box.key: box for box in boxes}
    columns = {box.key: 0 for box in boxes if box.key[0] == "line"}
    ahead = list(columns)
    while ahead:
        box = by_key[ahead.pop(0)]
        for row in box.rows:
            if row.to is not None and row.to in by_key and row.to not in columns:
                columns[row.to] = columns[box.key] + 1
                ahead.append(row.to)
    return {box.key: columns.get(box.key, 1) for box in boxes}


def _stack(layout: Layout, boxes: Sequence[Box]) -> None:
    """Each box beside what leads to it; the boxes above push it down."""
    wanted = {box.key: _middle_of_ways_to(layout, box) for box in boxes}
    bottom = MARGIN
    for box in sorted(boxes, key=lambda box: wanted[box.key]):
        placed = layout.placed[box.key]
        placed.top = max(bottom, wanted[box.key] - HEAD / 2) if placed.column else bottom
        bottom = placed.top + placed.height + GAP


def _middle_of_ways_to(layout: Layout, box: Box) -> float:
    here = layout.placed[box.key].column
    heights = [
        each.row_at(number)
        for each in layout.placed.values()
        if each.column < here
        for number, row in enumerate(each.box.rows)
        if row.to == box.key
    ]
    return sum(heights) / len(heights) if heights else 0.0
