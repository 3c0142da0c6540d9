"""The shipped menus freeze a wallet by one key within 25 seconds of talk, and lead on to the specialists."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ivr.flow.engine import Step, step
from ivr.flow.events import Said, Texted
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, InLine, Input, LeftQueue, Pressed, Transferred
from ivr.flow.prove.goals import seconds
from ivr.flow.questions import answers
from ivr.flow.waits import Agent, Lookup
from tests.desk_site import real_flow
from tests.world import OPEN

CALLER = "+8613800138000"
TALK = 25  # Seconds from the first word to "your wallet is frozen".
PROVEN = ("8800000001", "sent", "135790", "right", "frozen")
FROZEN = {"zh": "冻结", "en": "frozen"}


def gone(flow: Flow, *told: str | Input) -> Iterator[Step]:
    """Yield each turn of a call: keys, inputs, or by name what the wallet answers."""
    done = step(flow, flow.new_call(), Answered(CALLER), OPEN)
    yield done
    for one in told:
        wait = done.call.wait
        found = answers(wait.question) if isinstance(wait, Lookup) else ()
        named = {getattr(answer, "outcome", ""): answer for answer in found}
        heard = one if not isinstance(one, str) else named[one] if named else Pressed(one)
        done = step(flow, done.call, heard, OPEN)
        yield done


def upto(done: Step, place: str) -> list[Said]:
    """Return what a turn says up to the words of a place, whose key interrupts all after them."""
    said = [*done.call.said]
    last = next((number for number, one in enumerate(said) if one.place.endswith(place)), len(said))
    return said[: last + 1]


@pytest.mark.parametrize(("language", "first"), [("zh", ()), ("en", ("8",))])
def test_a_wallet_is_frozen_within_25_seconds_of_talk(language: str, first: tuple[str, ...]) -> None:
    turns = [*gone(real_flow(), *first, "1", *PROVEN)]
    told = [upto(turns[0], "choices.english")] if first else []
    told.append(upto(turns[len(first)], "choices.stolen"))
    told += [[*turn.call.said] for turn in turns[len(first) + 1 : -1]]
    done = turns[-1].call.said[0]
    words, _, rest = done.words.partition(FROZEN[language])
    assert rest, done.words
    told.append([replace(done, words=words + FROZEN[language])])
    assert seconds([one for turn in told for one in turn]) <= TALK


def test_the_owner_is_told_of_a_new_hold_by_sms_and_of_an_old_one_not() -> None:
    new, old = ([*gone(real_flow(), "1", *PROVEN[:-1], came)][-1].events for came in ("frozen", "already"))
    (sent,) = [event for event in new if isinstance(event, Texted)]
    assert (sent.number, "【数字钱包】" in sent.words) == (CALLER, True)
    assert not [event for event in old if isinstance(event, Texted)]


def test_who_freezes_from_a_line_they_were_sent_to_comes_into_the_specialists_line_first() -> None:
    flow = real_flow()
    onward = (LeftQueue("redirected"), Transferred(queue="payments"), InLine(1, 0, agents=1))
    lost = ("1", Pressed("5"), Pressed("5"), Pressed("5"), "1", InLine(1, 0, agents=1), *onward)
    (*_, done) = gone(flow, *lost, InLine(1, 0, "3", agents=1), LeftQueue("leave"), *PROVEN)
    assert done.call.node == "stolen.team"
    assert isinstance(done.call.wait, Agent)
    assert (done.call.wait.queue, done.call.wait.priority) == ("fraud", 0)
