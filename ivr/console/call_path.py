"""The way of a call through the menus: step by step, and as marks on the menus' picture."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from ivr.console import card
from ivr.console.picture import told
from ivr.flow.events import Entered, Event, Heard
from ivr.flow.flow import Flow


@dataclass(frozen=True, slots=True)
class Step:
    """The call came to a place, at this moment, by what the caller did or the wallet answered; "" where it went on."""

    place: str
    at: datetime | None
    by: str


def steps(flow: Flow, events: Iterable[Event], aside: card.Besides = card.nothing) -> list[Step]:
    """Return the steps of a call; one that only asks again is none. `aside` tells what the wallet answered."""
    made, at, by = list[Step](), None, ""
    for event in events:
        besides = tuple(aside(event))
        if isinstance(event, Heard):
            answers = (words for who, words in besides if who == "wallet")
            at, by = event.at, " ".join((*card.acts(event, flow.base), *answers))
        elif isinstance(event, Entered):
            made += [] if made and made[-1].place == event.node else [Step(event.node, at, by)]
            by = ""
    return made


def drawn(flow: Flow, way: list[Step]) -> dict[str, Any]:
    """Return the menus' picture with the way on it, for `menu-picture.js`."""
    picture = told(flow)
    numbers: dict[str, list[str]] = {}
    for number, step in enumerate(way, 1):
        numbers.setdefault(step.place, []).append(str(number))
    nodes = [{"id": place, "badge": "·".join(found), "strong": True} for place, found in numbers.items()]
    known = {(edge["from"], edge["to"]) for edge in picture["edges"]}
    gone = {(one.place, two.place): two.by for one, two in pairwise(way)}
    edges = [
        {"from": start, "to": end, "strong": True, "badge": "" if (start, end) in known else by}
        for (start, end), by in gone.items()
    ]
    return {"picture": picture, "marks": {"nodes": nodes, "edges": edges}}


def named(path: dict[str, Any] | None) -> dict[str, str]:
    """Return what people call the places of a picture, and what they are."""
    return {node["id"]: f"{node['name']} · {node['kind']}" for node in path["picture"]["nodes"]} if path else {}
