"""How what callers said in messages is written down, by whichever transcriber there is; by none unless one is set."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, Final, Protocol, cast

import structlog

from ivr.store.messages import Messages
from ivr.store.transcripts import Transcripts
from ivr.store.vault import Vault, place

PATIENCE: Final = (3.05, 120.0)  # Seconds to connect, and until it has listened to all.
LONGEST: Final = 20_000  # Characters; twenty minutes of speech have fewer.
LARGEST: Final = 4 * LONGEST + 10_000  # Bytes of an answer.
PASSING: Final = (408, 425, 429)
log = structlog.get_logger()


class TranscriberError(Exception):
    """It was not written down; the text says why. `final` where it makes no sense to try again."""

    def __init__(self, why: str, final: bool = False) -> None:
        """Say why."""
        super().__init__(why)
        self.final = final


class Transcriber(Protocol):
    """Who writes down what is said; any number of threads may ask at once, and it may be asked twice of one sound."""

    def transcribe(self, sound: IO[bytes], language: str) -> str:
        """Return what is said in a WAV file, in this language (zh-CN); "" for nothing; raise TranscriberError."""


@dataclass(frozen=True, slots=True)
class Http:
    """A service that is posted the WAV file, and answers JSON with its `text`."""

    url: str
    token: str = field(default="", repr=False)

    def transcribe(self, sound: IO[bytes], language: str) -> str:
        """Ask the service."""
        from requests import RequestException, Session  # It takes 6 MB, so not before it is needed.

        headers = {"Content-Type": "audio/wav", "Accept": "application/json", "Content-Language": language}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            with Session() as session:
                session.trust_env = False
                with session.post(
                    self.url, sound.read(), headers=headers, timeout=PATIENCE, allow_redirects=False, stream=True
                ) as got:
                    status, body = got.status_code, got.raw.read(LARGEST, decode_content=True)
                    return _text(status, body)
        except RequestException as error:
            raise TranscriberError(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class Transcribing:
    """Writes down the messages that are here."""

    transcripts: Transcripts
    messages: Messages
    vault: Vault
    transcriber: Transcriber
    now: Callable[[], datetime]

    def due(self) -> list[str]:
        """Return the ids of those whose time has come."""
        return self.transcripts.due(self.now())

    def take(self, message_id: str) -> None:
        """Have one written down; where that fails it is due again later, until it is given up."""
        message, tries = self.messages.find(message_id), self.transcripts.claim(message_id, self.now())
        if message is None or tries is None:
            return
        try:
            sound = cast("IO[bytes]", self.vault.open(place(message)))
            text = self.transcriber.transcribe(sound, message.language or "zh-CN")
        except (TranscriberError, OSError) as error:
            final = isinstance(error, TranscriberError) and error.final
            since = message.created_at if not final else None
            again = self.transcripts.failed(message_id, tries, str(error), since, self.now())
            log.warning("message not written down", message=message_id, why=str(error), again=again)
        else:
            self.transcripts.done(message_id, text)


def _text(status: int, body: bytes) -> str:
    if status != 200:
        raise TranscriberError(
            f"the transcriber answered {status}", final=400 <= status < 500 and status not in PASSING
        )
    try:
        found: Any = json.loads(body)["text"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str):
        raise TranscriberError("the transcriber's answer is no JSON with a text")
    shown = "".join(letter for letter in found if letter.isprintable() or letter == "\n").strip()
    return shown[:LONGEST]
