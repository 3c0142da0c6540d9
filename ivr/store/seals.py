"""Files sealed in pieces: AES-GCM, so that any part can be read alone, and nothing changed, cut or exchanged unseen."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.store.shelf import Sound

MAGIC: Final = b"IVRSEAL1"
MARK: Final = 8  # Bytes that tell which of our secrets sealed it.
SALT: Final = 16
HEAD: Final = len(MAGIC) + MARK + SALT
PIECE: Final = 65_536
TAG: Final = 16
AHEAD: Final = 16  # Pieces that are read at once.
Read = Callable[[int, int], bytes]


class SealError(OSError):
    """The file is not as it was sealed, or another secret sealed it."""


@dataclass(frozen=True, slots=True)
class Seals:
    """Seals files by the first of our secrets, and opens what any of them sealed; a file is bound to its name."""

    secrets: Sequence[str] = field(repr=False)

    def writer(self, file: BinaryIO, name: str) -> "Writer":
        """Return what seals into a file."""
        salt, secret = os.urandom(SALT), self.secrets[0]
        file.write(MAGIC + _mark(secret) + salt)
        return Writer(file, AESGCM(_key(secret, salt)), name.encode())

    def reader(self, read: Read, size: int, name: str) -> Sound:
        """Return what was sealed in a file of this size, to be read from anywhere; raise SealError."""
        head = read(0, HEAD)
        if len(head) < HEAD or not head.startswith(MAGIC):
            raise SealError("this is no sealed file")
        mark, salt = head[len(MAGIC) : -SALT], head[-SALT:]
        secret = next((one for one in self.secrets if _mark(one) == mark), None)
        if secret is None:
            raise SealError("another SECRET_KEY sealed it: add that key after a comma")
        pieces = Pieces(read, size, AESGCM(_key(secret, salt)), name.encode())
        return Sound(pieces.give, pieces.length)

    def current(self, head: bytes) -> bool:
        """Whether a file that begins so was sealed by the first of our secrets."""
        return head.startswith(MAGIC + _mark(self.secrets[0]))


class Writer:
    """A file that is sealed as it is written."""

    def __init__(self, file: BinaryIO, cipher: AESGCM, name: bytes) -> None:
        self._file, self._cipher, self._name = file, cipher, name
        self._kept, self._number, self._over = bytearray(), 0, False

    def write(self, data: bytes) -> None:
        """Add to it."""
        self._kept += data
        while len(self._kept) > PIECE:  # The last piece is sealed as such, so that none can be cut off.
            self._seal(bytes(self._kept[:PIECE]), last=False)
            del self._kept[:PIECE]

    def end(self) -> None:
        """Seal what is left; no more can be written."""
        if not self._over:
            self._seal(bytes(self._kept), last=True)
            self._over = True

    def _seal(self, piece: bytes, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), piece, self._name))
        self._number += 1


class Pieces:
    """The pieces of a sealed file, opened as they are asked for; SealError at one that is not as it was sealed."""

    def __init__(self, read: Read, size: int, cipher: AESGCM, name: bytes) -> None:
        self._read, self._cipher, self._name = read, cipher, name
        self._number = max(1, -(-(size - HEAD) // (PIECE + TAG)))
        self.length = size - HEAD - self._number * TAG
        self._first, self._ahead = 0, b""
        if self.length < (self._number - 1) * PIECE:
            raise SealError("the sealed file is cut off")

    def give(self, at: int, most: int) -> bytes:
        """Return what stands from this byte on, within one piece."""
        number, skipped = divmod(at, PIECE)
        return self._opened(number)[skipped : skipped + most]

    def _opened(self, number: int) -> bytes:
        start = (number - self._first) * (PIECE + TAG)
        if not 0 <= start < len(self._ahead):
            self._ahead = self._read(HEAD + number * (PIECE + TAG), AHEAD * (PIECE + TAG))
            self._first, start = number, 0
        nonce = _nonce(number, number == self._number - 1)
        try:
            return self._cipher.decrypt(nonce, self._ahead[start : start + PIECE + TAG], self._name)
        except InvalidTag:
            raise SealError("the sealed file is not as it was written") from None


def _nonce(number: int, last: bool) -> bytes:
    # Each file has a key of its own, so counting is enough.
    return number.to_bytes(11) + bytes([last])


def _mark(secret: str) -> bytes:
    return HKDF(SHA256(), length=MARK, salt=None, info=b"ivr: which secret").derive(secret.encode())


def _key(secret: str, salt: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt, info=b"ivr: recording").derive(secret.encode())
