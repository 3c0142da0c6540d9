"""Cues: what one party hears or is waited for at this moment, with how long it lasts, as plain records."""

from dataclasses import asdict, dataclass

_HAN_A_SECOND = 4.5
_LATIN_A_SECOND = 15.0


@dataclass(frozen=True, slots=True)
class Saying:
    """A voice reads a text; `loop` counts how often, `seconds` is for all of them."""

    text: str
    language: str
    voice: str
    loop: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Playing:
    """A sound file is played, or keys' tones when `url` begins with `dtmf:`."""

    url: str
    loop: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pausing:
    """Nothing is heard for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Listening:
    """Keys are waited for; after `seconds` without one the waiting is over. `most` 0 means any number of keys."""

    seconds: float
    most: int
    finish: str
    speech: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """What is spoken is recorded; it ends by a key of `finish`, after `silence` seconds of silence, or `most`."""

    beep: bool
    most: float
    silence: float
    finish: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ringing:
    """It rings: here, or (for who waits to be put through) elsewhere. None: until somebody acts."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Talking:
    """Two or more parties talk; `to` is the other's address or `conference:<name>`."""

    to: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Queued:
    """Waiting in a queue in silence."""

    queue: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Over:
    """The call is over, with Twilio's word for how: completed, busy, failed, no-answer, canceled."""

    status: str
    seconds: float | None = None


Cue = Saying | Playing | Pausing | Listening | Recording | Ringing | Talking | Queued | Over


def speech_seconds(text: str) -> float:
    """About how long `text` takes to say: 4.5 Han characters or 15 others a second, half a second at least."""
    han = sum("\u3400" <= letter <= "\u9fff" for letter in text)
    return max(0.5, han / _HAN_A_SECOND + (len(text) - han) / _LATIN_A_SECOND)


def to_json(cue: Cue) -> dict[str, object]:
    """The cue as a JSON object: its fields and `kind`, the class's name in lower case."""
    return {"kind": type(cue).__name__.lower(), **asdict(cue)}
