"""The one door to backups of a hotline: taken, checked, put back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from ivr.store.backup.manifest import Manifest
from ivr.store.backup.opened import opened_backup
from ivr.store.backup.restoring import restore, unpack
from ivr.store.backup.taking import take
from ivr.store.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Backups:
    """Takes backups of a database and puts them back, sealed with the first of the `secrets`.

    The folder `spool` holds what the database does not have yet. Recordings lie on a shelf, a folder or a bucket, or
    still on the one that was used before it.
    """

    engine: Engine
    secrets: Sequence[str]
    now: Callable[[], datetime]
    spool: Path
    shelf: Shelf
    before: Shelf | None = None

    def take(self, file: Path, *, recordings: bool) -> Manifest:
        """Write a new file, and return what is in it; raise StoreError and OSError."""
        # What is brought over meanwhile is met on the first of them, or else on the second.
        shelves = [one for one in (self.before, self.shelf) if one] if recordings else []
        return take(self.engine, self.secrets[0], file, self.now, self.spool, shelves)

    def check(self, file: Path) -> Manifest:
        """Read all of a backup, and return what is in it; raise StoreError where it is not whole, and OSError."""
        with opened_backup(file, self.secrets) as backup:
            backup.check()
        return backup.manifest

    def restore(self, file: Path, *, anyway: bool) -> tuple[Manifest, Sequence[str]]:
        """Make the database what a backup says; return what was in it, and the files that lay there already.

        Raise FullError where the database holds something, unless it is done `anyway`, StoreError and OSError.
        """
        with opened_backup(file, self.secrets) as backup:
            backup.check()
            restore(self.engine, backup, anyway=anyway)
            return backup.manifest, unpack(backup, self.spool, self.shelf)
