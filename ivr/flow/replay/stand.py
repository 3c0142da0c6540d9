"""Where a caller stands in the menus, and whether they stand alike in others."""

from typing import Final, NamedTuple

from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.identity import PROVING
from ivr.flow.node import Node
from ivr.flow.nodes.collect import KEYED, Collect
from ivr.flow.nodes.menu import Menu
from ivr.flow.nodes.verify import Verify
from ivr.flow.waits import Agent, Keys, Leaving, Lookup, Message, Outside, Room, Talking

SORTS: Final = {
    Keys: "keys",
    Agent: "line",
    Room: "line",
    Leaving: "leaving",
    Talking: "talking",
    Outside: "outside",
    Message: "message",
    Lookup: "lookup",
}


class Choice(NamedTuple):
    """What a key of a menu stands for: the words that the caller hears, and the place that it leads to."""

    words: str
    target: str


class Stand(NamedTuple):
    """A call in its menus."""

    flow: Flow
    call: Call

    @property
    def node(self) -> Node:
        """The node at which the call waits."""
        return self.flow.nodes[self.call.node]

    @property
    def sort(self) -> str:
        """What sort of thing is awaited; empty once the call is over."""
        return SORTS[type(self.call.wait)] if self.call.wait else ""

    @property
    def question(self) -> str:
        """Return what the wallet is asked; empty while it is not."""
        return self.call.wait.question if isinstance(self.call.wait, Lookup) else ""

    @property
    def asks(self) -> tuple[bool, str]:
        """Whether a number was keyed that the caller is to confirm, and what is asked for to prove who they are."""
        return KEYED in self.call.facts, self.call.facts.get(PROVING, "") if isinstance(self.node, Verify) else ""

    def choices(self, place: str = "") -> dict[str, Choice]:
        """Return what each key stands for in the caller's language at the menu here, or at this place."""
        return choices(self.flow, place or self.call.node, self.call.language)


def choices(flow: Flow, place: str, language: str) -> dict[str, Choice]:
    """Return what each key of a menu stands for; nothing where there is no menu."""
    node, words = flow.nodes.get(place), flow.words.get(language, {})
    if not isinstance(node, Menu):
        return {}
    return {
        key: Choice(words.get(f"{place}.choices.{one.go}", one.matter), flow.place(place, one.go))
        for key, one in node.choices.items()
    }


def alike(old: Stand, new: Stand) -> bool:
    """Say whether both wait for the same: the same prompt, where it is the caller who is to answer."""
    if old.sort != new.sort:
        return False
    if old.question != new.question:
        return False
    return old.sort != "keys" or (old.asks == new.asks and _asks_alike(old.node, new.node))


def _asks_alike(old: Node, new: Node) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(old, Verify):
        return True  # What of it is asked for counts, and all do the same with that.
    same = isinstance(old, Collect) and isinstance(new, Collect) and old.name == new.name
    return same or old.place == new.place
