"""How what callers say and key is kept from whoever reads the database: sealed, hashed for search."""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, Engine, Text
from sqlalchemy.types import TypeDecorator

from ivr.store.errors import StoreError

GCM: Final = "2."  # What AES-GCM sealed begins so.
GCM_SINCE: Final = "0025"  # The first release that opens it, by the migration that came with it.
NONCE: Final = 12
# What the carrier gives for a number it may not tell, as keys are lettered: ANONYMOUS, RESTRICTED, BLOCKED and so on.
WITHHELD: Final = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})


class Cipher:
    """Seals text with the first of our secrets and opens what any of them sealed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take the secrets, the current one first and those it replaced after it; raise StoreError for none."""
        if not secrets or not all(secrets):
            raise StoreError("SECRET_KEY is empty: without it nothing can be sealed")
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(_key(secret, b"ivr: seal"))) for secret in secrets])
        self._gcm = [AESGCM(_key(secret, b"ivr: seal by AES-GCM")) for secret in secrets]
        self.by_gcm = False  # Fernet takes three times as long, but is all that releases before `GCM_SINCE` can open.
        self._each = tuple(Cipher([secret]) for secret in secrets) if len(secrets) > 1 else (self,)
        self._search = tuple(_key(secret, b"ivr: search") for secret in secrets)

    def seal(self, text: str) -> str:
        """Return the text encrypted and authenticated, as ASCII: by AES-GCM, or else Fernet."""
        if not self.by_gcm:
            return self._fernet.encrypt(text.encode()).decode("ascii")
        nonce = os.urandom(NONCE)  # By chance, so a secret is good for 2^32 texts, which take a bank's number years.
        return GCM + urlsafe_b64encode(nonce + self._gcm[0].encrypt(nonce, text.encode(), None)).decode("ascii")

    def open(self, sealed: str) -> str:
        """Return the text that was sealed; raise StoreError where none of our secrets sealed it."""
        if not sealed.startswith(GCM):
            with suppress(InvalidToken):
                return self._fernet.decrypt(sealed).decode()
        for key in self._gcm if sealed.startswith(GCM) else ():
            with suppress(InvalidTag, ValueError):
                raw = urlsafe_b64decode(sealed.removeprefix(GCM))
                return key.decrypt(raw[:NONCE], raw[NONCE:], None).decode()
        raise StoreError("the database holds what another SECRET_KEY sealed: add that key after a comma")

    def under(self, sealed: str) -> int:
        """Return the place of the secret that sealed this: 0 for the current one, one more than the last for none."""
        for place, one in enumerate(self._each):
            with suppress(StoreError):
                one.open(sealed)
                return place
        return len(self._each)

    def hash(self, text: str) -> str:
        """Return the keyed hash to store beside a sealed value: 64 hexadecimal digits."""
        return self.hashes(text)[0]

    def hashes(self, text: str) -> list[str]:
        """Return the hashes to search for, the current secret's first, as rows may still carry an older one's."""
        return [hmac.new(key, text.encode(), sha256).hexdigest() for key in self._search]


class Sealed(TypeDecorator[str]):
    """A column that is text to us and sealed to whoever reads the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal what is written."""
        return None if value is None else _cipher(dialect).seal(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """Open what is read."""
        return None if value is None else _cipher(dialect).open(value)


def bind(engine: Engine, cipher: Cipher) -> None:
    """Let this engine's sealed columns use this cipher."""
    # The tables are the same for every database, so the key can only hang on what differs: the engine's own dialect.
    engine.dialect.ivr_cipher = cipher  # type: ignore[attr-defined]


def of(engine: Engine) -> Cipher:
    """Return the cipher that this engine's sealed columns use."""
    return _cipher(engine.dialect)


def last4(number: str) -> str:
    """Return the last four digits of a phone number, or nothing where it has fewer than eight (95588, anonymous)."""
    digits = "".join(letter for letter in number if letter.isascii() and letter.isdigit())
    return digits[-4:] if len(digits) >= 8 and digits not in WITHHELD else ""


def _key(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def _cipher(dialect: Dialect) -> Cipher:
    cipher: Cipher = dialect.ivr_cipher  # type: ignore[attr-defined]
    return cipher
