"""Taking a backup, while calls go on: one moment of the database, written under another name until it is whole."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Connection, Engine, inspect, text

from ivr.store.backup import manifest
from ivr.store.backup.manifest import Manifest, Rows
from ivr.store.backup.rows import out
from ivr.store.backup.vault import PIECE, Sealing
from ivr.store.engine import LOCK, snapshot, unhurried
from ivr.store.errors import StoreError
from ivr.store.known_tables import known_tables
from ivr.store.shelf import Shelf, Sound
from ivr.store.vault import ROOMS

ROWS: Final = "tables/"
FILES: Final = "files/"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
SPOOL: Final = "spool"
QUICK: Final = 1  # What is sealed hardly grows smaller, so that more effort would be for nothing.
SOME: Final = 1 << 18
IN_MEMORY: Final = 8 << 20  # Bytes of a recording; a longer one is on the disk meanwhile.


def take(
    engine: Engine, secret: str, file: Path, now: Callable[[], datetime], spool: Path, shelves: Sequence[Shelf]
) -> Manifest:
    """Write all of the database into a file, with the spool and the recordings on these shelves; return what is in it.

    Whoever looks finds the whole file or none. What waits in the spool is read before the database, as it goes there;
    recordings after it, as rows tell of them. Raise StoreError, OSError, and FileExistsError for a file that is there.
    """
    if file.exists():
        raise FileExistsError(f"{file} is there already: name another file")
    with _draft(file) as draft, draft.open("xb") as plain:
        sealing = Sealing(plain, secret)
        with ZipFile(sealing, "w", ZIP_DEFLATED, compresslevel=QUICK) as packed:
            moment = now()
            waiting = dict(_waiting(packed, spool))
            with snapshot(engine) as connection:
                made = _made(connection, moment, packed)
            made = replace(made, files=waiting | dict(_recorded(packed, shelves)))
            packed.writestr(manifest.NAME, made.text())
        sealing.finish()
        plain.flush()
        os.fsync(plain.fileno())
    return made


def _made(connection: Connection, moment: datetime, packed: ZipFile) -> Manifest:
    _patient(connection)
    tables = {name: _table(connection, name, packed) for name in ours(connection)}
    level: str = connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    return Manifest(program(), connection.dialect.name, level, moment, tables, {})


def program() -> str:
    """Return which version of the program this is, "" where it is not installed."""
    try:
        return version("ivr")
    except PackageNotFoundError:
        return ""


def ours(connection: Connection) -> list[str]:
    """Return the hotline's tables that are there, by name."""
    return sorted(known_tables().tables.keys() & set(inspect(connection).get_table_names()))


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """Give a name beside this one, which becomes it at the end; after an error nothing is left."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield draft
        os.link(draft, file)  # Never in the place of another.
    finally:
        draft.unlink(missing_ok=True)


def _patient(connection: Connection) -> None:
    """Read as long as it takes, and let no newer release change the tables meanwhile."""
    if connection.dialect.name == "postgresql":
        unhurried(connection)
        if not connection.scalar(text("SELECT pg_try_advisory_xact_lock_shared(:key)"), {"key": LOCK}):
            raise StoreError("a newer release is changing the tables just now: take the backup when it is done")


def _table(connection: Connection, name: str, packed: ZipFile) -> Rows:
    columns = tuple(column["name"] for column in inspect(connection).get_columns(name))
    total, rows = sha256(), 0
    with packed.open(f"{ROWS}{name}", "w", force_zip64=True) as entry:
        for lines in out(connection, name, columns):
            entry.write(lines)
            total.update(lines)
            rows += lines.count(b"\n")
    return Rows(columns, rows, total.hexdigest())


def _waiting(packed: ZipFile, spool: Path) -> Iterator[tuple[str, str]]:
    """Pack the files of the spool; yield the name and the sha256 of each."""
    for file in sorted(spool.iterdir()) if spool.is_dir() else ():
        # What begins with a dot, or is a link, is none of ours; what is gone by now is done with.
        if NAME.fullmatch(file.name) and file.is_file() and not file.is_symlink():
            with suppress(FileNotFoundError), file.open("rb") as source:
                yield f"{SPOOL}/{file.name}", _packed(packed, f"{SPOOL}/{file.name}", source)


def _recorded(packed: ZipFile, shelves: Sequence[Shelf]) -> Iterator[tuple[str, str]]:
    """Pack the recordings, each once, but for those that are deleted meanwhile; yield the name and sha256 of each."""
    packed_before = set[str]()
    for shelf, room in product(shelves, ROOMS):
        for name in sorted(set(shelf.names(room)) - packed_before):
            with SpooledTemporaryFile(IN_MEMORY) as copy:
                if _copied(shelf, name, copy):
                    packed_before.add(name)
                    yield name, _packed(packed, name, copy)


def _copied(shelf: Shelf, name: str, out: IO[bytes]) -> bool:
    """Copy a recording, to be read from its beginning; False where it is gone."""
    with suppress(FileNotFoundError):
        if (size := shelf.size(name)) is not None:
            copyfileobj(Sound(partial(shelf.read, name), size), out, PIECE)
            out.seek(0)
            return True
    return False


def _packed(packed: ZipFile, name: str, source: IO[bytes]) -> str:
    total = sha256()
    with packed.open(f"{FILES}{name}", "w", force_zip64=True) as entry:
        while some := source.read(SOME):
            entry.write(some)
            total.update(some)
    return total.hexdigest()
