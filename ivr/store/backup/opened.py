"""A backup that is read: found to be ours, whole, and to hold what it says, before anything is done with it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import IO, Final
from zipfile import BadZipFile, ZipFile
from zlib import error as BadDeflate  # noqa: N812 - it is the one thing of zlib that is wanted

from ivr.store.backup.manifest import NAME, Manifest, parsed
from ivr.store.backup.taking import FILES, ROWS, SOME
from ivr.store.backup.vault import PIECE, BadBackupError, Opening

LARGEST: Final = 64 << 20  # Bytes of a manifest.


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup with its manifest; `rows` and `file` give what is in it."""

    manifest: Manifest
    packed: ZipFile

    def rows(self, table: str) -> IO[bytes]:
        """Return the lines of a table."""
        return self.packed.open(f"{ROWS}{table}")

    def file(self, name: str) -> IO[bytes]:
        """Return what is in a file, by `folder/name`."""
        return self.packed.open(f"{FILES}{name}")

    def check(self) -> None:
        """Read all of it; raise BadBackupError where it is not what its manifest says."""
        wanted = {f"{ROWS}{name}": one.sha256 for name, one in self.manifest.tables.items()}
        wanted |= {f"{FILES}{name}": total for name, total in self.manifest.files.items()}
        if sorted([*wanted, NAME]) != sorted(self.packed.namelist()):
            raise BadBackupError("the backup holds other things than its manifest says")
        counts = {f"{ROWS}{name}": one.rows for name, one in self.manifest.tables.items()}
        for name, total in wanted.items():
            found, lines = self._sum(name)
            if found != total or lines != counts.get(name, lines):
                raise BadBackupError(f"the backup's {name} is not what its manifest says")

    def _sum(self, name: str) -> tuple[str, int]:
        total, lines = sha256(), 0
        with self.packed.open(name) as entry:
            while some := entry.read(SOME):
                total.update(some)
                lines += some.count(b"\n")
        return total.hexdigest(), lines


@contextmanager
def opened_backup(file: Path, secrets: Sequence[str]) -> Iterator[Backup]:
    """Give a backup that one of the secrets sealed; raise BadBackupError for any other file, and OSError."""
    try:
        with (
            file.open("rb") as sealed,
            BufferedReader(Opening(sealed, secrets), PIECE) as plain,
            ZipFile(plain) as packed,
        ):
            if packed.getinfo(NAME).file_size > LARGEST:
                raise BadBackupError("the backup's manifest is too long")
            yield Backup(parsed(packed.read(NAME).decode()), packed)
    except (BadZipFile, BadDeflate, KeyError, EOFError, UnicodeDecodeError):
        raise BadBackupError("the backup is damaged") from None
