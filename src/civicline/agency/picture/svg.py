"""The picture itself."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from civicline.agency.picture.boxes import Row, boxes, said
from civicline.agency.picture.layout import COLUMN_GAP, HEAD, LINE, SAID_LINE, WIDTH, Layout, Placed, lines, place
from civicline.core.agency import Agency

COLORS = {"line": "#1a4480", "menu": "#005ea2", "message": "#538200", "digits": "#8168b3"}
DOTS = {"topic": "#d54309", "queue": "#d54309", "menu": "#005ea2", "message": "#538200", "digits": "#8168b3"}
LEGEND = (("line", "line"), ("menu", "menu"), ("message", "message"), ("digits", "digits"), ("topic", "a person"))
INK, PALE = "#1b1b1b", "#565c65"
LETTERS = 50
"""Of 13 px that fit into a box. A longer name of one stands whole where the pointer is."""
FOOT = 46.0


def draw(agency: Agency, language: str = "") -> str:
    """All menus of the agency, in its first language unless said otherwise."""
    spoken = language if language in agency.languages else agency.languages[0]
    layout = place(boxes(agency, spoken))
    title = f"{said(agency.name, spoken)}: menus"
    width, height = layout.width, layout.height + FOOT
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' height="{height:.0f}" role="img" aria-label={quoteattr(title)} lang="{spoken}"'
        ' font-family="Source Sans Pro, Helvetica, Arial, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
        *_ways(layout),
    ]
    for placed in layout.placed.values():
        drawn += _box(placed)
    return "\n".join([*drawn, *_legend(layout), "</svg>", ""])


def _ways(layout: Layout) -> Iterator[str]:
    for placed in layout.placed.values():
        for number, row in enumerate(placed.box.rows):
            to = layout.placed.get(row.to) if row.to is not None else None
            if to is not None:
                yield _way(placed, number, row, to)


def _way(placed: Placed, number: int, row: Row, to: Placed) -> str:
    """A curve to the next columns; dashed, and around, where it goes back or stays in the column."""
    x, y, goal = placed.left + WIDTH, placed.row_at(number), to.top + HEAD / 2
    color = DOTS[row.kind]
    if to.column > placed.column:
        middle = (x + to.left) / 2
        path = f"M{x:.0f},{y:.0f} C{middle:.0f},{y:.0f} {middle:.0f},{goal:.0f} {to.left:.0f},{goal:.0f}"
        return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
    out, end = x + COLUMN_GAP * 0.35, to.left + WIDTH
    path = f"M{x:.0f},{y:.0f} C{out:.0f},{y:.0f} {end + COLUMN_GAP * 0.35:.0f},{goal:.0f} {end:.0f},{goal:.0f}"
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5" stroke-dasharray="5 4"/>'


def _box(placed: Placed) -> Iterator[str]:
    box, left, top = placed.box, placed.left, placed.top
    color = COLORS[box.key[0]]
    yield f"<g><title>{escape(f'{box.key[0]} {box.key[1]}: {box.title}, {box.note}')}</title>"
    yield (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{WIDTH:.0f}" height="{placed.height:.0f}" rx="4" fill="#fff"'
        f' stroke="{color}"/>'
    )
    yield f'<path d="M{left:.0f},{top:.0f} h{WIDTH:.0f}" stroke="{color}" stroke-width="5"/>'
    note = f"{box.key[1]} · {box.note}" if box.key[0] != "line" else box.note
    yield _text(left + 10, top + 21, _short(box.title), ' font-weight="bold"')
    yield _text(left + 10, top + 38, _short(note), color=PALE)
    for number, line in enumerate(placed.said):
        yield _text(
            left + 10, top + HEAD + 4 + SAID_LINE * number, line, ' font-size="11" font-style="italic"', "#3d4551"
        )
    for number, row in enumerate(box.rows):
        yield from _row(placed, number, row)
    yield "</g>"


def _row(placed: Placed, number: int, row: Row) -> Iterator[str]:
    y, texts = placed.row_at(number), lines(row)
    yield f"<g><title>{escape(f'{row.key} {row.text}'.strip())}</title>"
    yield f'<rect x="{placed.left + 8:.0f}" y="{y - 8:.0f}" width="16" height="16" rx="3" fill="{DOTS[row.kind]}"/>'
    if row.key:
        yield (
            f'<text x="{placed.left + 16:.0f}" y="{y + 4:.0f}" fill="#fff" text-anchor="middle" font-size="11"'
            f' font-weight="bold">{row.key}</text>'
        )
    first = y + 4 - LINE * (len(texts) - 1) / 2
    for index, text in enumerate(texts):
        yield _text(placed.left + 32, first + LINE * index, text)
    yield "</g>"


def _text(x: float, y: float, text: str, style: str = "", color: str = INK) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{color}"{style}>{escape(text)}</text>'


def _short(text: str) -> str:
    return textwrap.shorten(text, LETTERS, placeholder=" …") if len(text) > LETTERS else text


def _legend(layout: Layout) -> Iterator[str]:
    y, x = layout.height + FOOT / 2, 24.0
    for kind, name in LEGEND:
        color = COLORS.get(kind) or DOTS[kind]
        yield f'<rect x="{x:.0f}" y="{y - 11:.0f}" width="14" height="14" rx="3" fill="{color}"/>'
        yield _text(x + 20, y, name)
        x += 100
    rest = "Everywhere: 0 operator, 9 refuses recording, * back, # repeat; who presses nothing reaches the operator."
    yield _text(x, y, rest, color=PALE)
