"""The recordings of callers and talks, sealed on a shelf; older ones that lie there plain can be heard, too."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

from ivr.store.messages import Message
from ivr.store.seals import HEAD, Seals, Writer
from ivr.store.shelf import Shelf, Sound

SEALED: Final = ".sealed"
PLAIN: Final = ".wav"
ROOMS: Final = ("messages", "calls")


@dataclass(frozen=True, slots=True)
class Draft:
    """A recording that is being written."""

    file: BinaryIO
    writer: Writer
    seals: Seals
    name: str

    def write(self, data: bytes) -> None:
        """Add to it."""
        self.writer.write(data)

    def again(self) -> Sound:
        """End it, and return it to be read again before it is kept."""
        self.writer.end()
        self.file.flush()

        def read(start: int, length: int) -> bytes:
            self.file.seek(start)
            return self.file.read(length)

        return self.seals.reader(read, self.file.seek(0, os.SEEK_END), self.name)


@dataclass(frozen=True, slots=True)
class Vault:
    """Recordings on a shelf, and on the one that was used before it, where there was another."""

    shelf: Shelf
    seals: Seals
    before: Shelf | None = None

    @contextmanager
    def put(self, name: str) -> Iterator[Draft]:
        """Give a recording to write, kept sealed at the end of the block; nothing is where that raises."""
        with self.shelf.put(name) as file:
            draft = Draft(file, self.seals.writer(file, name), self.seals, name)
            yield draft
            draft.writer.end()

    def open(self, name: str) -> Sound:
        """Return a recording to be read; raise FileNotFoundError where it is nowhere, OSError where it cannot be."""
        shelf, size = self._where(name)

        def read(start: int, length: int) -> bytes:
            return shelf.read(name, start, length)

        return Sound(read, size) if name.endswith(PLAIN) else self.seals.reader(read, size, name)

    def delete(self, name: str) -> None:
        """Have it gone, wherever it is."""
        for shelf in self._shelves():
            shelf.delete(name)

    def renew(self, name: str) -> bool:
        """Seal a recording by the first of our secrets, under the same name; return whether it was not already."""
        if name.endswith(PLAIN) or self.seals.current(self._where(name)[0].read(name, 0, HEAD)):
            return False
        self.copy(name, name)
        return True

    def copy(self, old: str, new: str) -> int:
        """Have what is one recording under another name, sealed, on the shelf in use; return of how many bytes."""
        found = self.open(old)
        with self.put(new) as draft:
            while piece := found.read(1 << 20):
                draft.write(piece)
        return found.length

    def astray(self) -> Iterator[str]:
        """Yield what lies on a shelf plain, or on the one that is used no more."""
        for room in ROOMS:
            yield from (name for name in self.shelf.names(room) if name.endswith(PLAIN))
            if self.before:
                yield from (name for name in self.before.names(room) if name.endswith((PLAIN, SEALED)))

    def outdated(self) -> Iterator[str]:
        """Yield what may be sealed by an older one of our secrets; nothing where there is but one."""
        if len(self.seals.secrets) > 1:
            for room in ROOMS:
                yield from (name for name in self.shelf.names(room) if name.endswith(SEALED))

    def settle(self, name: str) -> None:
        """Delete what is astray under this name, once its recording lies where it belongs."""
        if name.endswith(PLAIN):
            self.shelf.delete(name)
        if self.before:
            self.before.delete(name)

    def _shelves(self) -> tuple[Shelf, ...]:
        return (self.shelf, self.before) if self.before else (self.shelf,)

    def _where(self, name: str) -> tuple[Shelf, int]:
        with suppress(ValueError):  # What is no name of a recording is nowhere.
            for shelf in self._shelves():
                if (size := shelf.size(name)) is not None:
                    return shelf, size
        raise FileNotFoundError("the recording is on no shelf")


def place(message: Message) -> str:
    """Return the name of a recording that is here."""
    return f"{room(message)}/{message.file}"


def room(message: Message) -> str:
    """Return where on a shelf recordings of its kind are."""
    return "calls" if message.kind == "talk" else "messages"
