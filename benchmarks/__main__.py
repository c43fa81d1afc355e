"""Run the benchmarks one after another: `python benchmarks [NAME …] [--list]`.

Each in a process of its own. What they measured is printed, and written to results/<date>-<machine>.json here with
the machine, so that figures of two machines are never taken for each other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
ONE = """
import contextlib, importlib, io, json, sys
module = importlib.import_module(sys.argv[1])  # by its name, so that the processes it spawns find it too
said = io.StringIO()
if hasattr(module, "run"):
    with contextlib.redirect_stdout(sys.stderr):
        found = module.run()
else:
    sys.argv = sys.argv[1:]
    with contextlib.redirect_stdout(said):
        module.main()
    found = {"lines": said.getvalue().splitlines()}
print("\\n" + json.dumps(found, default=str))
"""


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def slug(of: dict[str, Any]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{of['processor']} {of['cores']} cores".lower()).strip("-")


def measure(name: str) -> Any:
    """What the benchmark gave, or {"error": …}."""
    path = os.pathsep.join([str(HERE), str(HERE.parent / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", ONE, name],
        env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        return {"error": f"ended with {done.returncode}"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def rows(value: Any, way: str = "") -> list[tuple[str, str]]:
    """Leaves with their way to them."""
    if isinstance(value, dict):
        return [row for key, part in value.items() for row in rows(part, f"{way}.{key}" if way else str(key))]
    if isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
        return [row for index, part in enumerate(value) for row in rows(part, f"{way}[{index}]")]
    if isinstance(value, list) and any(isinstance(part, str) and len(part) > 20 for part in value):
        return [("", str(part)) for part in value]
    return [(way, f"{value:,.4g}" if isinstance(value, float) else str(value))]


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks.", epilog="Example: python benchmarks journal")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all when none is given")
    parser.add_argument("--list", action="store_true", help="only name them")
    args = parser.parse_args()
    if unknown := set(args.names) - set(names()):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: name one of {', '.join(names())}")
    if args.list:
        print("\n".join(names()))
        return 0
    return run_all(args.names or names())


def run_all(wanted: list[str]) -> int:
    on, results = machine(), {}
    print(json.dumps(on))
    for name in wanted:
        print(f"\n{name} …", flush=True)
        results[name] = measure(name)
        for way, text in rows(results[name]):
            print(f"  {way:<44} {text}" if way else f"  {text}", flush=True)
    now = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%d}-{slug(on)}.json"
    known = json.loads(path.read_text())["results"] if path.exists() else {}
    whole = {"at": now.isoformat(timespec="seconds"), "machine": on, "results": known | results}
    path.write_text(json.dumps(whole, indent=1) + "\n")
    print(f"\nwritten to {path.relative_to(HERE.parent)}")
    return 1 if any(isinstance(each, dict) and "error" in each for each in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
