"""Marked secrets, and the search for them: in every form, in whatever a file, a row, a page or a log holds."""

import gzip
import hashlib
import os
import re
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile

from ahocorasick_rs import BytesAhoCorasick
from sqlalchemy import Engine, MetaData, select, text

from ivr.flow import speech
from ivr.store.crypto import Cipher
from ivr.store.errors import StoreError

BETWEEN: Final = ("\0", " ", ",", "-", "_", ".", "/", "\n", ", ", "、", "，", '","', '", "', "', '")
FULL: Final = str.maketrans("0123456789", "０１２３４５６７８９")
HASHES: Final = ("md5", "sha1", "sha256", "blake2b")  # Without a key: of a million PINs one has this hash.
# Where chance alone may make six digits: ids, hashes, addresses, parts of a second, what is sealed.
CHANCE: Final = re.compile(
    rb"[A-Z]{2}[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}"
    rb"|0x[0-9a-f]{6,16}|:\d\d[.,]\d{6}|datetime\.datetime\(\d{4}(?:, \d{1,2}){5}, \d{1,6}[,)]"
    rb"|(?:gAAAA|2\.)[\w-]{38,}|\$argon2id\$[\w$=,+/]+"
)
AROUND: Final = 200
SEALED: Final = re.compile(rb"(?:gAAAA|2\.)[\w-]{38,}={0,2}")
SEALED_HEADS: Final = (b"gAAAA", b"2.")
LETTERS: Final = re.compile(rb"[\w-]*")
WAL_PAGE: Final = 8192
LONG_HEADER: Final = 2
DEEP: Final = 3  # What is sealed may be packed, and what is packed sealed.
APART: Final = b"\x1e\x1e"  # Between values, so that two of them never make one.


def forms(keys: str) -> Iterator[tuple[str, bytes]]:
    """Yield every form in which keys could be written down, with its name."""
    plain = keys.encode()
    yield "plain", plain
    yield "hex", plain.hex().encode()
    yield "percent", "".join(f"%{sign:02x}" for sign in plain).encode()
    if quote(keys) != keys:
        yield "quoted", quote(keys).encode()
    yield "full width", keys.translate(FULL).encode()
    for offset in range(3):  # Of the letters of base64, those that the keys alone decide.
        encoded = b64encode(b"\0" * offset + plain)
        yield "base64", encoded[-(-8 * offset // 6) : 8 * (offset + len(plain)) // 6]
    for between in BETWEEN:
        yield f"between {between!r}", between.join(keys).encode()
    for name in HASHES:
        yield name, hashlib.new(name, plain).hexdigest().encode()
    for language in ("zh-CN", "en-US") if keys.isdigit() else ():
        yield f"spoken {language}", speech.voice_of(language).digits(keys).encode()


def marks(chance: Random, names: Mapping[str, int], known: Sequence[str] = ()) -> dict[str, str]:
    """Return digits for each name, so many as it says, that are part of nothing known, nor of one another."""
    made: dict[str, str] = {}
    for name, length in names.items():
        while True:
            keys = "".join(chance.choices("0123456789", k=length))
            others = (*known, *made.values())
            if len(set(keys)) > 3 and not any(keys in one or one in keys for one in others):
                break
        made[name] = keys
    return made


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret where none may be: in which sink, which one, in which form, and what stands around it."""

    sink: str
    mark: str
    form: str
    around: bytes

    def __str__(self) -> str:
        return f"{self.mark} ({self.form}) in {self.sink}: {self.around!r}"


@dataclass
class Search:
    """Looks for marks (name: digits) in sinks; what the ciphers can open is opened, what is packed unpacked."""

    marks: Mapping[str, str]
    ciphers: Sequence[Cipher] = ()
    leaks: list[Leak] = field(default_factory=list)
    sinks: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        needles = {needle: (mark, form) for mark, keys in self.marks.items() for form, needle in forms(keys)}
        self.needles = list(needles.items())
        self.finder = BytesAhoCorasick(list(needles))

    def look(self, kind: str, name: str, data: bytes | str) -> None:
        """Search one sink of a kind."""
        told = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        self.sinks[kind] += 1
        for piece in self._opened(told, DEEP):
            self.sizes[kind] += len(piece)
            self.leaks += self._found(f"{kind} {name}", piece)

    def files(self, kind: str, folder: Path) -> None:
        """Search every file below a folder, names included."""
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self.look(kind, str(file.relative_to(folder)), str(file).encode() + APART + file.read_bytes())

    def tables(self, engine: Engine) -> None:
        """Search every value of every table as the database gives it: sealed, and then opened."""
        known = MetaData()
        known.reflect(engine)
        with engine.connect() as connection:
            for table in known.sorted_tables:
                rows = connection.execute(select(table)).all()
                self.look("table", table.name, APART.join(_bytes(value) for row in rows for value in row))

    def total(self) -> str:
        """Return what was searched, by kind: sinks and kilobytes."""
        each = (f"{kind}: {count} ({self.sizes[kind] // 1024} kB)" for kind, count in sorted(self.sinks.items()))
        return f"{sum(self.sinks.values())} sinks, {sum(self.sizes.values()) / 1e6:.1f} MB: {', '.join(each)}"

    def _found(self, sink: str, data: bytes) -> Iterator[Leak]:
        for number, start, end in self.finder.find_matches_as_indexes(data, overlapping=True):
            _, (mark, form) = self.needles[number]
            first = _begin(data, start)
            around = data[first : end + AROUND]
            if form == "plain" and any(
                found.start() <= start - first and end - first <= found.end() for found in CHANCE.finditer(around)
            ):
                continue
            yield Leak(sink, mark, form, data[max(0, start - 60) : end + 40])

    def _opened(self, data: bytes, deep: int) -> Iterator[bytes]:
        """Yield what is there, unpacked and opened, too."""
        yield data
        if not deep:
            return
        inner = [*_unpacked(data)]
        for sealed in SEALED.findall(data) if self.ciphers else ():
            inner += self._unsealed(sealed)
        for piece in inner:
            yield from self._opened(piece, deep - 1)

    def _unsealed(self, sealed: bytes) -> Iterator[bytes]:
        for cipher in self.ciphers:
            try:
                yield cipher.open(sealed.decode()).encode()
            except StoreError:
                continue  # Another's, or a piece of a page that was written anew.


def _begin(data: bytes, place: int) -> int:
    """Return from where on to see what stands at a place: a little before it, or where what is sealed there begins."""
    begin = max(0, place - AROUND)
    if LETTERS.fullmatch(data, begin, place):
        sealed = max(data.rfind(head, 0, place) for head in SEALED_HEADS)
        begin = begin if sealed < 0 else min(begin, sealed)
    return begin


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    elif data.startswith(b"PK\x03\x04"):
        try:
            with ZipFile(BytesIO(data)) as packed:
                yield from (packed.read(name) for name in packed.namelist())
        except (BadZipFile, zlib.error):
            return


def wal_now(engine: Engine) -> str:
    """Return the present file of PostgreSQL's log of changes; empty where it is another database."""
    if engine.dialect.name != "postgresql":
        return ""
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT pg_walfile_name(pg_current_wal_lsn())")))


def server_files(search: Search, engine: Engine, since: str) -> None:
    """Search the files that PostgreSQL keeps of this database, and all that it logged of changes since then."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        folder = Path(str(connection.scalar(text("SHOW data_directory"))))
        number = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    search.files("PostgreSQL file", folder / "base" / str(number))
    for file in sorted((folder / "pg_wal").iterdir()):
        if file.is_file() and file.name >= since:
            search.look("PostgreSQL WAL", file.name, b"".join(records(file.read_bytes())))


def records(log: bytes) -> Iterator[bytes]:
    """Yield what stands on each page of a file of PostgreSQL's log, without the page's header, which cuts values.

    `XLogPageHeaderData` of `access/xlog_internal.h`: 24 bytes, 40 on the first page of a file.
    """
    for start in range(0, len(log), WAL_PAGE):
        header = 40 if log[start + 2] & LONG_HEADER else 24
        yield log[start + header : start + WAL_PAGE]


def processes(search: Search, pid: int) -> None:
    """Search the environment and the command line of a process and all that it began and that did not end since."""
    for what in ("environ", "cmdline"):
        search.look("process", f"{pid} {what}", Path(f"/proc/{pid}/{what}").read_bytes())
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(FileNotFoundError, ProcessLookupError):
            processes(search, int(child))


def unsaid(path: Path) -> str:
    """Return a file's text, empty where there is none."""
    return path.read_text("utf-8", "replace") if os.path.exists(path) else ""
