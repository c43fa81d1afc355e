"""YAML in which every value knows its line.

Plain scalars stay text (`null` apart): the number 0800, the language `no` and the time 08:00 are then what was
written, and the models say what each should be. Keys that are written twice are mistakes, not silent losses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from civicline.agency.mistakes import Mistake

Way = tuple[str | int, ...]
NULLS = frozenset({"", "~", "null"})


@dataclass
class Marked:
    """One file: its value, and the line (from 1) at which each value's key or item stands."""

    file: str
    value: Any = None
    lines: dict[Way, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, way: Way) -> int:
        """Of the value, or of the nearest one around it that is there."""
        while way and way not in self.lines:
            way = way[:-1]
        return self.lines.get(way, 1)


def read(path: Path, name: str) -> Marked:
    """Read a file; what is wrong with it is in `mistakes`, and its value is then None."""
    marked = Marked(name)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        marked.mistakes.append(Mistake(name, 1, name, "the file is missing", f"add {name} to the pack"))
    except (OSError, UnicodeDecodeError) as error:
        marked.mistakes.append(Mistake(name, 1, name, f"it cannot be read ({error})", "save it as UTF-8 text"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        marked.mistakes.append(Mistake(name, line, name, f"not YAML: {error.problem}", "mend the line's layout"))
    except yaml.YAMLError:
        marked.mistakes.append(Mistake(name, 1, name, "not YAML: it holds control characters", "remove them"))
    else:
        found = None if node is None else _value(marked, node, ())
        marked.value = {} if found is None else found  # an empty file is an empty mapping
    return marked


def _value(marked: Marked, node: yaml.Node, way: Way) -> Any:
    marked.lines.setdefault(way, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(marked, node, way)
    if isinstance(node, yaml.SequenceNode):
        return [_value(marked, item, (*way, index)) for index, item in enumerate(node.value)]
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return None if plain and node.value in NULLS else node.value


def _mapping(marked: Marked, node: yaml.MappingNode, way: Way) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        here = (*way, key)
        if key in found:
            first = marked.lines[here]
            marked.mistakes.append(
                Mistake(marked.file, line, dotted(here), f"written twice (first in line {first})", "remove one of them")
            )
            continue
        marked.lines[here] = line
        found[key] = _value(marked, value_node, here)
    return found


def dotted(way: Way) -> str:
    """`hours.office.monday[0]`."""
    text = ""
    for part in way:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
