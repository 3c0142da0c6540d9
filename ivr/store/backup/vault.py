"""A sealed file, written from front to end in pieces, read from anywhere, for whoever has our secret.

Each piece is encrypted and authenticated under its number and whether it is the last, so that none can be changed,
moved, or cut off.
"""

import os
from collections.abc import Sequence
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.store.errors import StoreError

MAGIC: Final = b"ivr backup 1\n"
SALT: Final = 16
HEAD: Final = len(MAGIC) + SALT
PIECE: Final = 1 << 20  # Bytes; what is read of a file at once.
TAG: Final = 16


class BadBackupError(StoreError):
    """The file is no backup of ours, is damaged, or was made under another SECRET_KEY; the text says which."""


class Sealing(RawIOBase):
    """A file that is written sealed; nothing may be read of it, nor any place in it be sought."""

    def __init__(self, out: BinaryIO, secret: str) -> None:
        salt = os.urandom(SALT)
        self._out, self._key, self._told = out, _key(secret, salt), 0
        self._piece, self._number = bytearray(), 0
        out.write(MAGIC + salt)

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._told

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write some bytes, all of them."""
        self._told += len(data)
        self._piece += data
        while len(self._piece) > PIECE:  # One is always kept, as the last is sealed as such.
            self._seal(bytes(self._piece[:PIECE]), last=False)
            del self._piece[:PIECE]
        return len(data)

    def finish(self) -> None:
        """Seal what is left, without which the file is none."""
        self._seal(bytes(self._piece), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._out.write(self._key.encrypt(_nonce(self._number, last=last), piece, MAGIC))
        self._number += 1


class Opening(RawIOBase):
    """A sealed file as it was before; any place in it can be sought."""

    def __init__(self, sealed: BinaryIO, secrets: Sequence[str]) -> None:
        """Take the file, and the secrets one of which sealed it; raise BadBackupError for any other file."""
        head = sealed.read(HEAD)
        if len(head) < HEAD or not head.startswith(MAGIC):
            raise BadBackupError("the file is no backup of the hotline")
        size = sealed.seek(0, SEEK_END) - HEAD
        self._sealed, self._last = sealed, max(size - 1, 0) // (PIECE + TAG)
        self._size = size - TAG * (self._last + 1)
        self._place, self._known = 0, (-1, b"")
        self._key = self._fitting(secrets, head[len(MAGIC) :])
        self._piece(self._last)  # Whoever cut off its end shows at once.

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be sought."""
        return True

    def seek(self, place: int, whence: int = SEEK_SET) -> int:
        """Go to a place, and return it."""
        self._place = place + {SEEK_SET: 0, SEEK_CUR: self._place, SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on, at most to the end of a piece; raise BadBackupError where that was changed."""
        if not 0 <= self._place < self._size:
            return 0
        number, start = divmod(self._place, PIECE)
        some = self._piece(number)[start : start + len(buffer)]
        buffer[: len(some)] = some
        self._place += len(some)
        return len(some)

    def _fitting(self, secrets: Sequence[str], salt: bytes) -> AESGCM:
        for secret in secrets:
            self._key = _key(secret, salt)
            try:
                self._piece(0)
            except BadBackupError:
                continue
            return self._key
        raise BadBackupError("the backup is damaged, or another SECRET_KEY sealed it: add that key after a comma")

    def _piece(self, number: int) -> bytes:
        if self._known[0] != number:
            self._sealed.seek(HEAD + number * (PIECE + TAG))
            sealed = self._sealed.read(PIECE + TAG)
            try:
                opened = self._key.decrypt(_nonce(number, last=number == self._last), sealed, MAGIC)
            except (InvalidTag, ValueError):
                raise BadBackupError(f"the backup is damaged or not whole, at its byte {number * PIECE}") from None
            self._known = number, opened
        return self._known[1]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _key(secret: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=salt, info=b"ivr: backup").derive(secret.encode()))
