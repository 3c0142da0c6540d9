"""What must hold in every state of a walk; whatever breaks it is a trap, told with the way into it."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.inputs import Found, NotFound, Pressed
from ivr.flow.prove.languages import keys_first, mixed
from ivr.flow.prove.tries import fresh
from ivr.flow.prove.walk import Walk, Way
from ivr.flow.waits import Keys, Lookup, Message

NEAR: Final = 2  # Keys within which there is a person, a message or a call back.
LONGEST: Final = 500  # Characters that the carrier speaks at once.


@dataclass(frozen=True, slots=True)
class Trap:
    """What a caller comes to, in words for operations; at which place; and the steps that lead there.

    There are none to words that no call says in the base language.
    """

    words: str
    place: str
    way: tuple[Way, ...]


def traps(flow: Flow, walk: Walk) -> Iterator[Trap]:
    """Yield every trap, the nearest first of each sort, one a place."""
    for law in (_broken, _cut_off, _round, _unasked, _far, _urgent, _too_long, _words):
        seen = set[str]()
        for words, place, way in law(flow, walk):
            if place not in seen:
                seen.add(place)
                yield Trap(words, place, tuple(walk.path(way)) if way else ())


Told = Iterator[tuple[str, str, Way | None]]


def _broken(flow: Flow, walk: Walk) -> Told:
    """Find where the engine cannot go on."""
    start = flow.place("hotline.x", flow.hotline.start)
    yield from ((f"the call breaks off: {way.broke}", start, way) for way in walk.begun if way.broke)
    for _, stand, ways in walk.states:
        yield from ((f"the call breaks off: {way.broke}", stand.call.node, way) for way in ways if way.broke)


def _cut_off(flow: Flow, walk: Walk) -> Told:
    """Find calls that end, though the caller neither wanted that nor got a person, a message or a call back."""
    words, person = (
        "the caller is cut off, without a person, a message or a call back",
        Pressed(flow.hotline.keys.person),
    )
    yield from ((words, flow.place("hotline.x", flow.hotline.start), way) for way in walk.begun if _ends(way))
    for _, stand, ways in walk.states:
        if stand.helped or isinstance(stand.call.wait, Message):  # Whoever has nothing to say has said so.
            continue
        on = {way.by.heard for way in ways if way.made and not way.made.call.ended}
        for way in ways:
            # Nobody chooses an end who chose a person, or what at another hour leads on.
            wanted = way.by.why == "chosen" and way.by.heard != person and way.by.heard not in on
            if _ends(way) and not wanted and way.by.why != "gone":
                yield words, stand.call.node, way


def _ends(way: Way) -> bool:
    return way.made is not None and way.made.call.ended in ("finished", "hung-up")


def _round(flow: Flow, walk: Walk) -> Told:
    """Find where callers who do nothing, or only what is wrong, are asked the same again and again, at any hour.

    They are where only the wallet is asked in between, whatever it answers.
    """
    for idle, at in product((True, False), walk.moments):
        after = _again(flow, walk, idle, at)
        seen = set[int]()
        for number in after:
            passed = _passed(after, number, seen)
            seen.update(one for one, _ in passed)
            last = passed[-1][1].to if passed else None
            around = [one for one, _ in passed]
            around = around[around.index(last) :] if last in around else []
            if around:
                words = "who says nothing" if idle else "who keys what is not offered"
                first, *others = dict.fromkeys(walk.stands[one].call.node for one in around)
                yield f"{words} goes round for ever: {' → '.join([first, *others, first])}", first, passed[-1][1]


def _again(flow: Flow, walk: Walk, idle: bool, at: datetime) -> dict[int, Way]:
    """Return the states from which who misses comes to another such, and never to somebody, each with a way there."""
    missed = ((number, _missing(ways, idle, at)) for number, _, ways in walk.states)
    after = {
        number: [*_past(walk, way, at)] for number, way in missed if way and not _with_somebody(flow, walk, number)
    }
    while ends := {number for number, ways in after.items() if not any(way.to in after for way in ways)}:
        after = {number: ways for number, ways in after.items() if number not in ends}
    return {number: next(way for way in ways if way.to in after) for number, ways in after.items()}


def _past(walk: Walk, way: Way, at: datetime, passed: tuple[int, ...] = ()) -> Iterator[Way]:
    """Yield the ways on which one comes to where something else than the wallet is awaited, past all its answers."""
    if way.to is None or way.to in passed:
        return
    if not isinstance(walk.stands[way.to].call.wait, Lookup):
        yield way
        return
    answers: dict[object, Way] = {}
    for one in walk.ways[way.to]:
        if isinstance(one.by.heard, Found | NotFound) and (one.by.heard not in answers or one.at == at):
            answers[one.by.heard] = one
    for one in answers.values():
        yield from _past(walk, one, at, (*passed, way.to))


def _passed(after: Mapping[int, Way], number: int | None, seen: Set[int]) -> list[tuple[int, Way]]:
    """Return the states that are passed from one on, each with the way that leads on: until one comes again."""
    passed: dict[int, Way] = {}
    while number is not None and number in after and number not in passed and number not in seen:
        passed[number] = after[number]
        number = after[number].to
    return list(passed.items())


def _unasked(flow: Flow, walk: Walk) -> Told:
    """Find where the wallet is asked again and again, and the caller nothing."""
    asked = {number for number, stand, _ in walk.states if isinstance(stand.call.wait, Lookup)}
    after = {number: [way for way in walk.ways[number] if way.to in asked] for number in asked}
    while ends := {number for number, ways in after.items() if not ways}:
        after = {number: [way for way in ways if way.to not in ends] for number, ways in after.items() if ways}
    for number, ways in after.items():
        words = "the wallet is asked again and again, and the caller is not"
        yield words, walk.stands[number].call.node, ways[0]


def _missing(ways: list[Way], idle: bool, at: datetime) -> Way | None:
    """Return the way on at this moment for who does nothing, or only what is wrong; the first, where all are alike."""
    missed = [way for way in ways if way.by.why == "missed" and not way.by.worn]
    theirs = [way for way in missed if isinstance(way.by.heard, Pressed) != idle]
    return next((way for way in theirs if way.at == at), theirs[0] if theirs else None)


def _with_somebody(flow: Flow, walk: Walk, number: int) -> bool:
    stand = walk.stands[number]
    return stand.helped or flow.nodes[stand.call.node].reaches


def _far(flow: Flow, walk: Walk) -> Told:
    """Find where no person, message or call back is within so many keys, whatever the hour."""
    near = {number for number, _, _ in walk.states if _with_somebody(flow, walk, number)}
    for _ in range(NEAR):
        near |= {number for number, _, ways in walk.states if _leads(ways, {*near}.__contains__)}
    for number, stand, _ in walk.states:
        if number not in near and isinstance(stand.call.wait, Keys) and fresh(stand.call):
            words = f"no person, message or call back is within {NEAR} keys of here"
            yield words, stand.call.node, stand.came


def _leads(ways: list[Way], there: Callable[[int | None], bool]) -> bool:
    """Tell whether something that the caller can choose leads to such a state at every moment."""
    chosen: dict[object, bool] = {}
    for way in ways:
        if way.by.why == "chosen":
            chosen[way.by.heard] = chosen.get(way.by.heard, True) and there(way.to)
    return any(chosen.values())


def _urgent(flow: Flow, walk: Walk) -> Told:
    """Find callers who cannot come to the most urgent queue's matter by their first key."""
    first = min(queue.priority for queue in flow.queues.values())
    urgent = {name for name, queue in flow.queues.items() if queue.priority == first}
    theirs = {name for name, matter in flow.matters.items() if matter.queue in urgent}
    if len(urgent) > 1 or not theirs:
        return
    there = {number for number, stand, _ in walk.states if stand.call.facts.get("queue") in urgent}
    for _, stand, ways in walk.states:
        if stand.came.start is None and not _leads(ways, there.__contains__):
            words = f"no first key leads to {', '.join(sorted(theirs))}, the most urgent matter"
            yield words, stand.call.node, stand.came


def _too_long(flow: Flow, walk: Walk) -> Told:
    """Find words that are longer than the carrier speaks at once."""
    for _, _, ways in walk.states:
        for way in ways:
            for said in way.made.call.said if way.made else ():
                if len(said.words) > LONGEST:
                    words = f"{said.place} has {len(said.words)} characters as it is said, more than {LONGEST}"
                    yield words, said.place, way


def _words(flow: Flow, walk: Walk) -> Told:
    """Find words in another language than theirs, and choices whose key is named before their matter."""
    where: dict[str, Way] = {}
    for _, _, ways in walk.states:
        for way in ways:
            for said in way.made.call.said if way.made else ():
                where.setdefault(said.place, way)
    for words, place in (*mixed(flow), *keys_first(flow)):
        yield words, place, where.get(place)
