"""`civicline doctor`: looks at this machine and says what to mend. Changes nothing."""

from __future__ import annotations

import argparse

from civicline.commands import output
from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    output.add_json(parser)
    parser.epilog = "Ends with 1 when something must be mended.\nExample: civicline doctor --json"


def run(args: argparse.Namespace, settings: Settings) -> int:
    from civicline.supervisor import doctor

    found = doctor.look(settings)
    rows = [{"state": each.mark, "what": each.what, "found": each.found, "mend": each.mend} for each in found]
    output.show(rows, args.json)
    return 0 if all(each.good for each in found) else 1
