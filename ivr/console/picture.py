"""The picture of the menus as pages are told it, in the reader's words; `menu-picture.js` draws it."""

from typing import Any

from ivr.console import office
from ivr.console.texts import TEXTS, language
from ivr.console.texts_wallet import answered, asked
from ivr.flow.flow import Flow
from ivr.flow.nodes.lookup import Lookup
from ivr.flow.picture import Box, Way, picture


def told(flow: Flow) -> dict[str, Any]:
    """Return the picture of a flow, ready for JSON: `nodes` (id, name, kind, says) and `edges` (from, to, label)."""
    drawn, t = picture(flow, office.spoken(flow)), TEXTS[language()]
    nodes = [
        {"id": box.place, "name": _name(flow, box), "kind": t.get(f"node_{box.kind}", box.kind), "says": box.says}
        for box in drawn.boxes
    ]
    return {"nodes": nodes, "edges": [{"from": way.start, "to": way.end, "label": _label(way)} for way in drawn.ways]}


def _name(flow: Flow, box: Box) -> str:
    """Return what a box is called; what asks the wallet says nothing to a caller by which it could be."""
    node, start = flow.nodes[box.place], f"{box.place.partition('.')[0]}.start"
    return asked(node.ask)[language()] if isinstance(node, Lookup) and box.place != start else box.name


def _label(way: Way) -> str:
    return " · ".join(dict.fromkeys(map(_reason, way.by)))


def _reason(reason: str) -> str:
    question, _, outcome = reason.partition(".")
    if outcome:
        return answered(question, outcome)[language()]
    return TEXTS[language()].get(f"way_{reason}", reason)
