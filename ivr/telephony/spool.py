"""Facts on disk until the database has them: a sealed file each, which survives whatever becomes of the process."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import get_ident
from time import time

import structlog

from ivr.store.crypto import Cipher
from ivr.store.errors import StoreError
from ivr.telephony import facts
from ivr.telephony.facts import Fact

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Spool:
    """A folder of facts; the same fact told twice is one file."""

    folder: Path
    cipher: Cipher
    _unreadable: set[str] = field(default_factory=set, compare=False)

    def put(self, fact: Fact) -> bool:
        """Keep a fact, and return once it is on the disk; False where the disk does not take it."""
        file = self._file(fact)
        draft = file.with_suffix(f".{os.getpid()}-{get_ident()}")  # Others may be told the same now.
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(self.cipher.seal(facts.write(fact)))
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
            self._settle()
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            log.error("the spool takes nothing", call=fact.call, what=fact.name, why=str(error))
            return False
        return True

    def remove(self, fact: Fact) -> None:
        """Forget a fact, as the database has it; one that the disk keeps is told once more, which does no harm."""
        with suppress(OSError):
            self._file(fact).unlink(missing_ok=True)

    def set_aside(self, fact: Fact) -> bool:
        """Leave a fact that can never be written for somebody to look at; False where the disk does not take it."""
        file = self._file(fact)
        with suppress(OSError):
            if file.exists() or self.put(fact):
                file.replace(file.with_suffix(".failed"))
                return True
        return False

    def tidy(self) -> None:
        """Remove what a process that is no more was writing when it ended: it had told nobody that it was safe."""
        for draft in self.folder.glob("*.*-*"):
            pid = draft.suffix[1:].partition("-")[0]
            if pid.isdecimal() and (int(pid) == os.getpid() or not _lives(int(pid))):
                with suppress(OSError):
                    draft.unlink()

    def all(self, seconds: float = 0.0) -> list[Fact]:
        """Return what is kept, and was before so many seconds, in the order in which it happened."""
        return sorted(self._read(time() - seconds), key=lambda fact: fact.at)

    def lengths(self) -> tuple[int, int]:
        """Return how many facts are kept, and how many were set aside for somebody to look at."""
        return len(list(self.folder.glob("*.fact"))), len(list(self.folder.glob("*.failed")))

    def _read(self, before: float) -> Iterator[Fact]:
        for file in self.folder.glob("*.fact"):
            try:
                if file.stat().st_mtime <= before:
                    yield facts.read(self.cipher.open(file.read_text("ascii")))
            except FileNotFoundError:
                continue  # Whoever put it there has written it down.
            except (StoreError, ValueError, KeyError, OSError) as error:
                if file.name not in self._unreadable:
                    log.error("a fact in the spool cannot be read", file=file.name, why=type(error).__name__)
                self._unreadable.add(file.name)

    def _file(self, fact: Fact) -> Path:
        return self.folder / f"{sha256(f'{fact.call} {fact.name}'.encode()).hexdigest()[:32]}.fact"

    def _settle(self) -> None:
        """Have the file's name on the disk, too."""
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
