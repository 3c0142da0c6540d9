"""What a turn of a call comes to: who rings, what happened, and what the caller hears of it."""

from dataclasses import replace
from typing import Final

from ivr.flow.call import Call
from ivr.flow.events import Event, Waiting
from ivr.flow.flow import Flow
from ivr.flow.inputs import Input
from ivr.flow.move import Prompt
from ivr.flow.waits import Lookup, Room
from ivr.store.entries import Entry
from ivr.value import value


@value
class Caller:
    """Who rings and whom, as the carrier says: a number in E.164, or whatever it gave instead."""

    number: str
    called: str


UNTOLD: Final = Caller("", "")  # Of a call that is known, who rang stands in the journal.


@value
class Reply:
    """What happened in one turn, in which flow, and the language the caller hears from here on."""

    events: tuple[Event, ...]
    flow: Flow
    language: str


@value
class Foreseen:
    """What a turn makes of a call as we knew it `before`: true once its `entry` is written down."""

    entry: Entry
    before: Call
    heard: Input
    reply: Reply

    @property
    def settled(self) -> bool:
        """Whether nothing more comes of it, as no wallet is or was asked."""
        return not isinstance(self.entry.call.wait, Lookup) and not isinstance(self.before.wait, Lookup)


def asks(told: tuple[Event, ...]) -> bool:
    """Do these events end with waiting for the wallet?"""
    return bool(told) and isinstance(told[-1], Waiting) and isinstance(told[-1].wait, Lookup)


def patiently(reply: Reply, call: Call) -> Reply:
    """Return the reply with words that ask for patience, where it ends with waiting for the wallet."""
    if not asks(reply.events) or reply.flow.hotline.wallet is None:
        return reply
    *events, last = reply.events
    return replace(reply, events=(*events, reply.flow.say(Prompt("hotline.wallet.looking"), call), last))


def alone(call: Call) -> bool:
    """Does the caller wait in line, and nobody is on?"""
    return isinstance(call.wait, Room) and call.wait.alone
