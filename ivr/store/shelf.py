"""Where recordings lie: a shelf of files by name, which is a folder here; `bucket` is one elsewhere."""

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol
from uuid import uuid4

NAME: Final = re.compile(r"[a-z]{1,20}/[A-Za-z0-9_-]{1,64}\.[a-z0-9]{1,10}")


class Shelf(Protocol):
    """Keeps files by names like `messages/0a1b.sealed`; ValueError for other names, OSError where it cannot."""

    def put(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Give a file to write and read again, which is kept at the end of the block, whole and durably.

        It stands in place of what had its name before; nothing is kept, and nothing lost, where the block raises.
        """

    def size(self, name: str) -> int | None:
        """Return of how many bytes it is; None where there is none."""

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return so many bytes from there on, fewer at its end; raise FileNotFoundError where there is none."""

    def delete(self, name: str) -> None:
        """Have it gone; nothing where it is gone already."""

    def names(self, room: str) -> Iterator[str]:
        """Yield the names that begin with `room/`."""


class Sound(io.RawIOBase):
    """A recording to be read from anywhere, as a file; `give` returns what stands from a place on, so many at most."""

    def __init__(self, give: Callable[[int, int], bytes], length: int) -> None:
        """Take what gives it, and of how many bytes it is."""
        super().__init__()
        self._give, self.length, self._at = give, length, 0

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Read on from there."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; return how many bytes, 0 at the end."""
        data = self._give(self._at, len(buffer)) if self._at < self.length else b""
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@dataclass(frozen=True, slots=True)
class Folder:
    """A shelf in a folder, which only we may read."""

    root: Path

    @contextmanager
    def put(self, name: str) -> Iterator[BinaryIO]:
        """Write beside, then rename: half a file never has the name."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")
        try:
            with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _settle(path.parent)

    def size(self, name: str) -> int | None:
        """Return its length."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return a piece of it."""
        with self._path(name).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def delete(self, name: str) -> None:
        """Remove it, durably."""
        path = self._path(name)
        with suppress(FileNotFoundError):
            path.unlink()
            _settle(path.parent)

    def names(self, room: str) -> Iterator[str]:
        """Yield what lies in a folder below."""
        for path in (self.root / room).glob("*"):
            if NAME.fullmatch(name := f"{room}/{path.name}") and not path.is_symlink():
                yield name

    def _path(self, name: str) -> Path:
        return self.root / checked(name)


def checked(name: str) -> str:
    """Return a name that leads nowhere else; raise ValueError for any other."""
    if not NAME.fullmatch(name):
        raise ValueError("this is no name of a recording")
    return name


def _settle(path: Path) -> None:
    """Have the names in a folder outlive a power cut, as well as the files."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
