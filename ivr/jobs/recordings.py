"""How what was recorded comes from the carrier to us: fetched whole, checked, and kept sealed in one step."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import structlog

from ivr.jobs import wav
from ivr.store.messages import Message, Messages
from ivr.store.vault import SEALED, Draft, Vault, room

if TYPE_CHECKING:
    from requests import Response

RECORDING: Final = re.compile(r"RE[0-9a-f]{32}")
LARGEST: Final = 20_000_000  # Bytes; twenty minutes of 16-bit sound at 8 kHz.
LONG: Final = 12  # So many times as long may a talk be: the carrier ends it after four hours.
PATIENCE: Final = (3.05, 10.0)  # Seconds to connect, and between two pieces.
LONGEST: Final = 60.0  # Seconds for all of it, well within the time that we have the message in hand.
HOPS: Final = 3
CLEARED: Final = timedelta(days=1)  # So long after we have it, the carrier need not keep it any more.
SHORT: Final = 2.0  # Seconds that a file may be shorter than told: the carrier rounds, and trims silence.
log = structlog.get_logger()


class FetchError(Exception):
    """The file did not come, or not whole; to be tried again."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the carrier keeps our recordings, and with what name and password it gives them out."""

    api_url: str
    account: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Recordings:
    """Fetches the messages callers left, and talks, into the vault."""

    messages: Messages
    source: Source
    vault: Vault
    now: Callable[[], datetime]
    largest: int = LARGEST

    def fetch(self, message_id: str) -> None:
        """Fetch one message's file if it is due; where it does not come it is due again later, until it is given up."""
        message = self.messages.claim(message_id, self.now())
        if message is None:
            return
        try:
            size = self.bring(message)
        except (FetchError, wav.BadWavError, OSError) as error:
            self._missed(message, error)
        else:
            file = f"{message.id}{SEALED}"
            if not self.messages.fetched(message.id, file, size, self.now() + CLEARED):
                self.vault.delete(f"{room(message)}/{file}")  # It was erased while it came.

    def bring(self, message: Message) -> int:
        """Keep what the carrier has; return of how many bytes it is, raise FetchError, BadWavError or OSError."""
        url, largest = self._url(message.recording_sid or ""), self._largest(message)
        with self.vault.put(f"{room(message)}/{message.id}{SEALED}") as draft:
            with self._opened(url) as answer:
                _copy(answer, draft, largest)
            sound = draft.again()
            played = wav.played(BufferedReader(sound), sound.length)
            if played + SHORT < (message.seconds or 0):
                raise FetchError(f"it plays {played:.1f} s of the {message.seconds} s told")
        return sound.length

    def _largest(self, message: Message) -> int:
        """Return how many bytes a recording may have at most."""
        return LONG * self.largest if message.kind == "talk" else self.largest

    def _url(self, recording: str) -> str:
        # Built from our own account and a checked id: an address that somebody sent us is never asked.
        if not RECORDING.fullmatch(recording):
            raise FetchError("the recording's id is none of the carrier's")
        return f"{self.source.api_url.rstrip('/')}/2010-04-01/Accounts/{self.source.account}/Recordings/{recording}.wav"

    @contextmanager
    def _opened(self, url: str) -> "Iterator[Response]":
        from requests import Session  # It takes 6 MB, so not before it is needed.

        with Session() as session:
            session.trust_env = False  # No .netrc may add a password on the way.
            for _ in range(HOPS):
                with session.get(
                    url, auth=self._auth(url), stream=True, timeout=PATIENCE, allow_redirects=False
                ) as got:
                    if got.status_code == 200:
                        yield got
                        return
                    url = _elsewhere(url, got)
        raise FetchError(f"redirected more than {HOPS} times")

    def _auth(self, url: str) -> tuple[str, str] | None:
        """Return name and password for the carrier's own address, and nothing for any other; that must be https."""
        if urlsplit(url)[:2] == urlsplit(self.source.api_url)[:2]:
            return self.source.user, self.source.password
        if urlsplit(url).scheme != "https":
            raise FetchError("redirected to another address without encryption")
        return None

    def _missed(self, message: Message, error: Exception) -> None:
        # A network error's own words hold the address, and with it our account; its kind says enough.
        why = (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
        again = self.messages.missed(message.id, why, self.now())
        log.warning("message not fetched", message=message.id, call=message.call_id, why=why, again=again)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes this one at the end, or is removed if anything fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # The name as well as the file is to outlive a power cut.
    finally:
        os.close(folder)


def _copy(answer: "Response", draft: Draft, largest: int) -> None:
    until, size = monotonic() + LONGEST, 0
    for piece in answer.iter_content(65536):
        size += len(piece)
        if size > largest:
            raise FetchError(f"it is larger than {largest} bytes")
        if monotonic() > until:
            raise FetchError(f"it takes longer than {LONGEST:.0f} s")
        draft.write(piece)


def _elsewhere(url: str, got: "Response") -> str:
    if not got.is_redirect:
        raise FetchError(f"the carrier answered {got.status_code}")
    return urljoin(url, got.headers["Location"])
