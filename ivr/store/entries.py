"""What the journal is given and gives back."""

from ivr.flow.call import Call
from ivr.flow.events import Event
from ivr.value import value


@value
class Start:
    """How a call began: who rang which number, with which version of the menus, greeted in which language."""

    caller: str
    called: str
    version: int
    language: str


@value
class Entry:
    """One turn of a call, to be written down.

    `turn` is its number (0 for the first), `asked` what the carrier asked (`incoming`, `turn/7`, `wait/8`, `hangup`),
    `call` the call after these events, `start` is given with the first turn only.
    """

    call_id: str
    asked: str
    turn: int
    events: tuple[Event, ...]
    call: Call
    start: Start | None = None


@value
class Turn:
    """One turn as it was written down: its number, what was asked, and what happened."""

    number: int
    asked: str
    events: tuple[Event, ...]


@value
class Stored:
    """A call as the journal knows it: the version of the menus it began with, and where it stands."""

    version: int
    call: Call
