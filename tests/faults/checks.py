"""What must be true of every call that is over: its journal, its row, and what the caller was told, in one language."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select

from ivr.carrier.caller import Caller
from ivr.carrier.company import Carrier
from ivr.carrier.log import Asked
from ivr.due import AT_ONCE, LATE
from ivr.flow import speech
from ivr.flow.call import Call, fold
from ivr.flow.engine import step
from ivr.flow.events import Ended, Event, Heard, Said, Waiting
from ivr.flow.flow import Flow
from ivr.flow.nodes.language import Language
from ivr.flow.nodes.menu import Menu
from ivr.flow.waits import Lookup
from ivr.parts import Parts
from ivr.replies import Reply, patiently
from ivr.store.entries import Stored, Turn
from ivr.store.tables import calls
from ivr.telephony.render import Site, render
from ivr.telephony.voices import VOICES

LOOKING = "hotline.wallet.looking"
UNSPOKEN = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that is over: its turns, its one outcome, the language in which it ended, and what was asked in vain."""

    turns: Sequence[Turn]
    outcome: str
    language: str
    unheeded: Sequence[str]


def checked(parts: Parts, carrier: Carrier, caller: Caller) -> Seen:
    """Return a call that is over, after checking its journal against itself, its row, and what the caller heard."""
    call_id = caller.leg.sid
    turns, states = replayed(parts, call_id)
    unheeded = _told(parts, carrier.log.of(call_id), turns, states)
    _heard(parts, caller, turns)
    return Seen(turns, states[-1].ended, states[-1].language, unheeded)


def replayed(parts: Parts, call_id: str, flow: Flow | None = None) -> tuple[Sequence[Turn], Sequence[Call]]:
    """Return the turns of a call that is over, and the call after each, once its journal holds against itself.

    `flow` is what it began with, where that is not what answers now.
    """
    turns = parts.journal.turns(call_id)
    assert turns, f"{call_id} is not in the journal"
    assert [turn.number for turn in turns] == list(range(len(turns)))
    states = list(_states(flow or parts.flow, turns))
    ends = [event for turn in turns for event in turn.events if isinstance(event, Ended)]
    assert len(ends) == 1, f"{call_id} ended {len(ends)} times"
    _stored(parts, call_id, states[-1], next(state for state in states if state.ended))
    return turns, states


def _states(flow: Flow, turns: Iterable[Turn]) -> Iterator[Call]:
    """Yield the call after each turn; its inputs alone must make the same events again."""
    call = flow.new_call()
    for turn in turns:
        heard = turn.events[0]
        assert isinstance(heard, Heard)
        done = step(flow, call, heard.input, heard.at)
        assert done.events == turn.events
        call = fold(call, turn.events)
        assert call == done.call
        yield call


def _stored(parts: Parts, call_id: str, call: Call, end: Call) -> None:
    """The journal folded is what is stored, and what the process remembers."""
    with parts.engine.connect() as connection:
        row = connection.execute(select(calls).where(calls.c.id == call_id)).one()
    assert (row.turn, row.place, row.language) == (call.turn, call.node, call.language)
    assert (row.matter, row.queue) == (call.facts.get("matter", ""), call.facts.get("queue", ""))
    assert (row.outcome, row.ended_at) == (call.ended, end.at)
    assert parts.journal.call(call_id) == Stored(row.version, call)


def _told(parts: Parts, requests: Iterable[Asked], turns: Sequence[Turn], states: Sequence[Call]) -> list[str]:
    """Each answer is word for word the journal's, in the caller's language; return what was asked after the end."""
    site = Site(parts.settings.public_url, parts.flow.hotline.languages)
    known, waits = _replies(turns, states), _waits(parts.flow, turns, states, site)
    offers, unheeded = _offers(parts.flow), list[str]()
    for asked in requests:
        if asked.context in ("callback", "media") or asked.status is None:
            continue
        name = urlsplit(asked.url).path.removeprefix("/voice/")
        if (name, asked.body.decode()) in waits:
            continue
        if name not in known:
            assert asked.body.decode() == render((Ended("hung-up"),), site, ""), f"{name} is not written"
            unheeded.append(name)
            continue
        events, state = known[name]
        told = patiently(Reply(events, parts.flow, state.language), state).events
        assert asked.body.decode() == render(told, site, state.language), name
        _one_language(parts.flow, asked.body, state.language, offers)
    return unheeded


def _replies(turns: Sequence[Turn], states: Sequence[Call]) -> dict[str, tuple[tuple[Event, ...], Call]]:
    """Return the events of each reply, with the call after them: what the wallet said at once belongs to it.

    Who was asked to wait meanwhile asks for such an answer by its turn's number.
    """
    known: dict[str, tuple[tuple[Event, ...], Call]] = {}
    for turn, state in zip(turns, states, strict=True):
        if turn.asked.startswith(LATE):
            continue  # Nobody hears of it.
        first = turn.asked.rstrip(AT_ONCE)
        before = [other for other in turns[: turn.number] if other.asked.rstrip(AT_ONCE) == first]
        names = {first, *(f"turn/{other.number}" for other in (*before, turn) if other.asked != first)}
        for name in names:
            known[name] = ((*(known[name][0] if name in known else ()), *turn.events), state)
    return known


def _waits(flow: Flow, turns: Iterable[Turn], states: Iterable[Call], site: Site) -> set[tuple[str, str]]:
    """Return what a caller hears who waits for the wallet, with what was asked then: at first, and again.

    The former may be told though the answer came in time for another request that told the same.
    """
    found, before = set[tuple[str, str]](), {}
    for turn, state in zip(turns, states, strict=True):
        name = turn.asked.rstrip(AT_ONCE)
        before[name] = (*before.get(name, ()), *turn.events)
        if isinstance(state.wait, Lookup):
            again = (Waiting(state.wait, state.due),)
            for asked, events in ((name, before[name]), (f"turn/{state.due}", again)):
                told = patiently(Reply(events, flow, state.language), state).events
                found.add((asked, render(told, site, state.language)))
    return found


def _one_language(flow: Flow, body: bytes, language: str, offers: frozenset[str]) -> None:
    voice = flow.hotline.languages[language]
    for said in ET.fromstring(body).iter("Say"):
        if bare(said.text or "") not in offers:
            assert (said.get("voice"), said.get("language")) == (voice, VOICES[voice]), said.text


def _offers(flow: Flow) -> frozenset[str]:
    """Return the words that offer a language in this language itself, as the main menu must speak them."""
    found = set()
    for node in flow.nodes.values():
        for key, choice in node.choices.items() if isinstance(node, Menu) else ():
            target = flow.nodes[flow.place(node.place, choice.go)]
            if isinstance(target, Language):
                words = flow.words[target.to][f"{node.place}.choices.{choice.go}"]
                found.add(bare(speech.voice_of(target.to).press(words, key)))
    return frozenset(found)


def _heard(parts: Parts, caller: Caller, turns: Iterable[Turn]) -> None:
    """Whatever the phone has played stands in the journal as said, in that order; but for words that ask to wait."""
    said = "".join(bare(event.words) for turn in turns for event in turn.events if isinstance(event, Said))
    waits = [bare(words.get(LOOKING, "")) for words in parts.flow.words.values()]
    place = 0
    for heard in caller.heard:
        if heard.kind == "say":
            text = bare(heard.text)
            for words in waits:
                text = text.removesuffix(words)
            found = said.find(text, place)
            assert found >= 0, f"heard, but not in the journal: {heard.text}\n{turns}"
            place = found + len(text)


def bare(words: str) -> str:
    """Return words without spaces and punctuation, which are set anew when prompts are joined."""
    return UNSPOKEN.sub("", words)
