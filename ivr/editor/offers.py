"""What can happen next in a rehearsed call, each with words for it: keys, silence, and all that is decided outside."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from ivr.console.texts_wallet import answered
from ivr.editor import labels
from ivr.editor.confided import DOTS, dotted
from ivr.editor.labels import Both
from ivr.flow import names, record
from ivr.flow.call import Call
from ivr.flow.events import Heard
from ivr.flow.flow import Flow
from ivr.flow.identity import PROVING
from ivr.flow.inputs import (
    Dialled,
    Found,
    HungUp,
    InLine,
    Input,
    LeftQueue,
    NotFound,
    Pressed,
    Recorded,
    Rescued,
    Silence,
    Transferred,
)
from ivr.flow.nodes.verify import AGAIN, CODE, INSTEAD, PIN, Verify
from ivr.flow.prove.tries import LONG, tries
from ivr.flow.questions import outcome
from ivr.flow.sealing import sealed
from ivr.flow.secret import SEALED
from ivr.flow.waits import Keys, Lookup, Message

EPOCH: Final = datetime.fromtimestamp(0, UTC)
Sort = Literal["key", "outside", "time"]
# What is keyed while it is proven who calls, by what is asked for: the words of each key.
PROVING_KEYS: Final = {"way": {PIN: "by_pin", CODE: "by_code"}, "code": {AGAIN: "again", INSTEAD: "by_pin"}}
ROUND: Final = 30  # Seconds of music between two rounds in the waiting room.


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can happen, after so many seconds."""

    input: Input
    label: Both
    sort: Sort
    seconds: int

    def told(self) -> dict[str, object]:
        """Return it ready for JSON."""
        told = {"label": self.label, "input": written(self.input), "sort": self.sort}
        return told | {"seconds": self.seconds}


def written(heard: Input) -> dict[str, object]:
    """Return an input as JSON has it, as in the journal."""
    told: dict[str, object] = json.loads(record.write([Heard(heard, EPOCH)]))[0]["input"]
    return told


def offers(flow: Flow, call: Call) -> Iterator[Offer]:
    """Yield all that can happen to a call that waits, each once."""
    seen = set[str]()
    for one in tries(flow, call):
        heard = confided(flow, call, one.heard)
        if one.worn or (text := json.dumps(written(heard))) in seen:
            continue
        seen.add(text)
        yield Offer(heard, label(flow, call, heard), _sort(heard), _seconds(call, heard))


def confided(flow: Flow, call: Call, heard: Input) -> Input:
    """Return an input as it may be written down: what would be keyed in confidence as dots, which go on as well."""
    told = dotted(sealed(call.wait, heard, flow.hotline.keys))
    return told if told is DOTS else heard


def label(flow: Flow, call: Call, heard: Input) -> Both:
    """Return what people call an input at this point of a call."""
    match heard:
        case Pressed(keys) if str(keys) == SEALED:
            return labels.CONFIDED
        case Pressed(keys):
            return _key(flow, call, str(keys))
        case InLine(_, _, keys) if keys:
            return _filled(labels.WAITING_KEY, keys=keys)
        case InLine(_, waited) if waited >= LONG:
            return labels.TOO_LONG
        case InLine(position, agents=agents):
            return _filled(labels.WAITS, position=position, agents=agents)
        case Silence():
            return labels.SILENCE
        case LeftQueue(result):
            return labels.LEFT.get(result, labels.both(result, result))
        case Transferred(queue, _, number):
            return _sent(flow, queue, number)
        case Dialled(result):
            return labels.DIALLED.get(result, labels.both(result, result))
        case Recorded(_, seconds):
            return _filled(labels.SPEAKS, seconds=seconds) if seconds else labels.SAYS_NOTHING
        case Found() | NotFound():
            return answer(call, heard)
        case Rescued():
            return labels.FAULT
        case HungUp():
            return labels.GONE
    return labels.both(type(heard).__name__, type(heard).__name__)


def answer(call: Call, heard: Input) -> Both:
    """Return what people call an answer of the wallet's to what a call asks it."""
    what = answered(call.wait.question if isinstance(call.wait, Lookup) else "", outcome(heard)[0])
    return {language: _in(labels.ANSWERS, language, what=what[language]) for language in what}


def _sent(flow: Flow, queue: str, number: str) -> Both:
    here = {language: names.queue_name(flow, names.spoken(flow, language), queue) for language in labels.SAME_LINE}
    return {
        language: _in(labels.SENT, language, to=number or (here[language] if queue else same))
        for language, same in labels.SAME_LINE.items()
    }


def _key(flow: Flow, call: Call, keys: str) -> Both:
    """Return the words that stand for a key, those of the choice or of what it means everywhere."""
    everywhere = {key: f"hotline.phrases.{use}" for use, key in flow.hotline.keys.model_dump().items()}
    choices = getattr(flow.nodes[call.node], "choices", {})
    proving = PROVING_KEYS.get(call.facts.get(PROVING, ""), {}) if isinstance(flow.nodes[call.node], Verify) else {}
    own = {key: f"{call.node}.choices.{one.go}" for key, one in choices.items()}
    place = (everywhere | own | {key: f"hotline.wallet.{name}" for key, name in proving.items()}).get(keys, "")
    plain = _filled(labels.PRESS, keys=keys)
    return {language: flow.words[names.spoken(flow, language)].get(place, plain[language]) for language in plain}


def _sort(heard: Input) -> Sort:
    match heard:
        case Pressed() | InLine(_, _, "1" | "2" | "3"):
            return "key"
        case Silence() | InLine():
            return "time"
    return "outside"


def _seconds(call: Call, heard: Input) -> int:
    match heard, call.wait:
        case InLine(_, waited), _:
            return waited or ROUND
        case Recorded(_, seconds), Message():
            return max(seconds, 5)
        case Silence(), Keys(_, _, seconds):
            return seconds
    return 5


def _filled(words: Both, **values: object) -> Both:
    return {language: _in(words, language, **values) for language in words}


def _in(words: Both, language: str, **values: object) -> str:
    return words[language].format(**values)
