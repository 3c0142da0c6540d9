"""A trap as a call to be played: what is to happen, and when, for the engine to come into it."""

from datetime import datetime

from ivr.flow.flow import Flow
from ivr.flow.inputs import Input, Pressed
from ivr.flow.prove.laws import Trap
from ivr.flow.prove.moments import changes


def inputs(flow: Flow, trap: Trap) -> list[tuple[Input, datetime]]:
    """Return the inputs that lead a new call into a trap, each with its moment, none before the one ahead of it.

    Who is asked as often as the limit says asks so often to hear it again. Nothing leads to words that are never said.
    """
    found: list[tuple[Input, datetime]] = []
    call = flow.new_call()
    for way in trap.way:
        at = _at(flow, way.at, found[-1][1] if found else way.at)
        if way.by.worn:
            found += [(Pressed(flow.hotline.keys.again), at)] * (flow.hotline.limits.turns - call.asked)
        found.append((way.by.heard, at))
        call = way.made.call if way.made else call
    return found


def _at(flow: Flow, meant: datetime, before: datetime) -> datetime:
    """Return the moment that is meant, or a later one at which the same queues are open, but none that is past."""
    if meant >= before:
        return meant
    queues, _ = next(changes(flow, meant))
    return next((at for one, at in changes(flow, before) if one == queues), meant)
