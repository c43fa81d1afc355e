"""A supervisor of small programs, for tests: `kept.py FOLDER < programs.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from civicline.supervisor.keeper import Keeper, Refused, Stopped, say
from civicline.supervisor.programs import Program


def main() -> int:
    folder = Path(sys.argv[1])
    wanted = [Program(**{**each, "argv": tuple(each["argv"])}) for each in json.load(sys.stdin)]
    (folder / "run").mkdir()
    try:
        with Keeper(folder / "run", folder / "log") as keeper:
            for program in wanted:
                keeper.start(program)
            keeper.wait_for(lambda: (folder / "go").exists(), "the test", 60.0)
            keeper.ready = True
            keeper.publish()
            keeper.run()
    except Stopped:
        return 0
    except Refused as refused:
        say(str(refused))
        return refused.code
    return 0


sys.exit(main())
