"""The verbs of a checked document as plain records; addresses stay as they were written, "" means none given."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """Read a text aloud; `loop` 0 goes on until the caller hangs up."""

    text: str
    language: str
    voice: str
    loop: int


@dataclass(frozen=True, slots=True)
class Play:
    """Play a sound file, or the tones of `digits`."""

    url: str
    digits: str
    loop: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait in silence."""

    length: int


Audio = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Collect keys (and words, where `speech`) while and after the prompts are heard."""

    prompts: tuple[Audio, ...]
    action: str
    method: str
    timeout: int
    finish_on_key: str
    num_digits: int
    action_on_empty: bool
    keys: bool
    speech: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Record what the caller says."""

    action: str
    method: str
    timeout: int
    finish_on_key: str
    max_length: int
    play_beep: bool
    callback: str
    callback_method: str
    callback_events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait in a queue; `wait_url` None is the carrier's own music, "" is silence."""

    queue: str
    action: str
    method: str
    wait_url: str | None
    wait_method: str
    max_size: int


@dataclass(frozen=True, slots=True)
class Number:
    """Somebody to ring: a number, `client:<identity>` or `sip:<uri>`."""

    address: str
    url: str
    method: str
    callback: str
    callback_method: str
    callback_events: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue whose first caller is taken; `url` is played to that caller before."""

    name: str
    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Conference:
    """The conference to join; `wait_url` None is the carrier's own music, "" is silence."""

    name: str
    muted: bool
    start_on_enter: bool
    end_on_exit: bool
    wait_url: str | None
    wait_method: str
    most: int
    callback: str
    callback_method: str
    callback_events: tuple[str, ...]
    label: str
    coach: str
    record: bool
    recording_callback: str
    recording_callback_method: str
    recording_callback_events: tuple[str, ...]


Noun = Number | Queue | Conference


@dataclass(frozen=True, slots=True)
class Dial:
    """Put the caller through to somebody, to a queue's first caller, or into a conference."""

    nouns: tuple[Noun, ...]
    action: str
    method: str
    timeout: int
    time_limit: int
    caller_id: str
    answer_on_bridge: bool
    hangup_on_star: bool
    record: bool = False
    recording_callback: str = ""
    recording_callback_method: str = "POST"
    recording_callback_events: tuple[str, ...] = ("completed",)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document; "" is this one again."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the call unanswered."""

    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the queue."""


Verb = Say | Play | Pause | Gather | Record | Enqueue | Dial | Redirect | Hangup | Reject | Leave
