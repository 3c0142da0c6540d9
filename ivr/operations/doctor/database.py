"""The database: reachable, at this release's tables, durable, with room, opened by our key, and used by one who may."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from ivr.operations.doctor.finding import Finding, warning, well, wrong
from ivr.operations.doctor.patient import Patient
from ivr.store.condition import file_of
from ivr.store.errors import StoreError
from ivr.store.level import head

ROOM: Final = 20  # Connections; a process takes 18 at most.


def reached(patient: Patient) -> Iterator[Finding]:
    """Yield whether it answers, and at which migration it is."""
    try:
        level = patient.level.answer()
    except StoreError as error:
        yield wrong("database", str(error), "until then callers are taken by the lifeboat, and nobody can log in")
        return
    if level.good:
        yield well("database", f"it answers, at migration {level.found}")
    elif level.newer:
        words = f"it is at migration {level.found}, newer than this release ({head()})"
        if level.usable:
            yield warning("database", words, "end the deployment: this release still works, and is no longer updated")
        else:
            yield wrong("database", words, "update the program: this one does not start with it")
    elif level.found is None:
        yield warning("database", "it is empty", "nothing: the first start makes its tables")
    else:
        words = f"it is at migration {level.found}, behind this release ({head()})"
        yield wrong("database", words, "start the program: it brings the database up before it answers")


def kept(patient: Patient) -> Iterator[Finding]:
    """Yield whether what was said to be written stays, and whether there is room for connections."""
    if not patient.usable():
        return
    for words in patient.database.durability():
        do = "set it to `on` in PostgreSQL: at a power cut freezes that callers were told of would be gone"
        yield wrong("database", f"{words}, so the last commits can be lost", do)
    if (found := patient.database.server()) is None:
        return
    if found.most - found.used < ROOM:
        words = f"{found.used} of {found.most} connections are used; each server takes up to 18"
        yield warning("database", words, "raise max_connections, or end whoever else uses them")


def opened(patient: Patient) -> Iterator[Finding]:
    """Yield whether there is a key of our own, and whether it opens what the database holds."""
    if "SECRET_KEY" in patient.broken:
        return
    if patient.live and patient.found.key_made:
        file = patient.found.instance / "secrets"
        do = f"set SECRET_KEY to the `secret key` in {file}, and keep it elsewhere, too"
        yield warning("SECRET_KEY", "it is missing: the one that was made here is lost with its folder", do)
    if not patient.usable():
        return
    if patient.database.opens():
        yield well("SECRET_KEY", "it opens what the database holds")
    else:
        do = "add the former key after a comma (SECRET_KEY=new,old): nothing starts without it"
        yield wrong("SECRET_KEY", "it does not open what the database holds, which another one sealed", do)


def alone(patient: Patient) -> Iterator[Finding]:
    """Yield whether more than one process has the SQLite file open, which is one process's."""
    if (file := file_of(patient.found.database_url)) is None:
        return
    others = _holders(file)
    if len(others) > 1:
        words = f"{len(others)} processes have the SQLite file open ({', '.join(map(str, sorted(others)))})"
        yield warning("database", words, "run one, or set DATABASE_URL to a PostgreSQL: callers wait for one another")


def _holders(file: Path) -> set[int]:
    """Return who else has a file open, as far as we may see that."""
    found, meant = set[int](), os.path.realpath(file)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if os.readlink(link) == meant:
                found.add(int(link.parts[2]))
    return found - {os.getpid()}
