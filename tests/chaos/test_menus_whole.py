"""Every way through every menu of the demonstration agency, from every line and in both languages, walked by SIPp."""

from __future__ import annotations

from pathlib import Path

from e2e.centre import Centre
from e2e.walkers import SILENT_CALLERS, all_walks, impatient_pack, walk_all


def test_every_way_of_every_line(tmp_path: Path) -> None:
    with Centre(tmp_path, impatient_pack(tmp_path), environ=SILENT_CALLERS) as centre:
        agency = centre.state().agency
        assert agency is not None
        every = all_walks(agency)
        assert {walk.language for walk in every} == set(agency.languages)
        assert {id_ for kind, id_ in {walk.ends for walk in every} if kind == "topic"} == set(agency.topics)
        walk_all(centre, tmp_path, every)
