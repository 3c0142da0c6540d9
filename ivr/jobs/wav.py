"""How long a WAV file plays, read from its own header, so that half a file is not taken for a whole one."""

from pathlib import Path
from struct import unpack
from typing import BinaryIO


class BadWavError(ValueError):
    """The file is no WAV file, or it ends before its header says."""


def seconds(path: Path) -> float:
    """Return for how many seconds the file plays, in whichever encoding; raise BadWavError for a broken one."""
    with path.open("rb") as file:
        return played(file, path.stat().st_size)


def played(file: BinaryIO, size: int) -> float:
    """Return the same of an open file of so many bytes."""
    start = file.read(12)
    if start[:4] != b"RIFF" or start[8:] != b"WAVE":
        raise BadWavError("this is no WAV file")
    rate = 0
    while True:
        name, length = _chunk(file)
        if name == b"fmt ":
            rate = _bytes_a_second(file.read(length))
        elif name == b"data":
            return _played(rate, length, size - file.tell())
        else:
            file.seek(length + length % 2, 1)


def _chunk(file: BinaryIO) -> tuple[bytes, int]:
    head = file.read(8)
    if len(head) < 8:
        raise BadWavError("the WAV file ends before its sound begins")
    return head[:4], unpack("<I", head[4:])[0]


def _bytes_a_second(fmt: bytes) -> int:
    if len(fmt) < 16:
        raise BadWavError("the WAV file's format is cut off")
    rate: int = unpack("<I", fmt[8:12])[0]
    return rate


def _played(rate: int, told: int, there: int) -> float:
    if rate <= 0:
        raise BadWavError("the WAV file does not say how fast it plays")
    # A recorder that streams does not know the length yet, and writes the largest number there is, or none.
    if told in (0, 0xFFFFFFFF):
        return there / rate
    if there < told:
        raise BadWavError(f"the WAV file has {there} of {told} bytes of sound")
    return told / rate
