"""How many calls came to each place of the menus, left there, and went on, as marks on the menus' picture."""

from collections.abc import Mapping
from typing import Any, Final

from ivr.console import picture, report_views
from ivr.console.office import Office
from ivr.reports.figures import share
from ivr.reports.reader import Reader
from ivr.reports.report import Cell, Traffic

SHADES: Final = (0.05, 0.15, 0.3)  # From one shade of hanging up to the next.


def drawn(given: Office, reader: Reader, traffic: Traffic | None) -> dict[str, Any] | None:
    """Return the menus' picture with these calls on it, for `menu-picture.js`; None where there is nothing to draw.

    `picture` is None where these menus can no longer be read.
    """
    if traffic is None:
        return None
    flow = given.menus(int(traffic.version))
    places = [*(flow.nodes if flow else ()), *traffic.places]  # Of as many calls, the menus' first is first.
    busiest = sorted(traffic.places.items(), key=lambda one: (-_number(one[1][0]), places.index(one[0])))
    nodes = [_node(reader, place, *cells) for place, cells in busiest]
    edges = [
        {"from": start, "to": end, "weight": calls, "badge": _calls(reader, calls), "strong": True}
        for (start, end), calls in traffic.steps.items()
    ]
    marks = {"nodes": nodes, "edges": edges}
    return {"version": traffic.version, "picture": picture.told(flow) if flow else None, "marks": marks}


def _node(reader: Reader, place: str, came: Cell, left: Cell) -> dict[str, Any]:
    """Return the mark of a place, which opens the calls that were left there, or else those that came."""
    loss = share(_number(left), _number(came)) or 0
    figures: Mapping[str, Any] = {
        "came": reader.written(came.value, "count"),
        "left": reader.written(left.value, "count"),
        "share": reader.written(loss, "share"),
    }
    mark: dict[str, Any] = {"id": place, "note": reader.more["traffic_came"].format(**figures)}
    if left.value:
        shade = 1 + sum(loss >= limit for limit in SHADES)
        mark |= {"badge": reader.more["traffic_left"].format(**figures), "shade": shade}
    behind = (left if left.value else came).counted
    return mark | ({"href": report_views.address(behind)} if reader.links and behind else {})


def _calls(reader: Reader, number: int) -> str:
    return reader.more["reports_calls_one" if number == 1 else "reports_calls"].format(count=f"{number:,}")


def _number(cell: Cell) -> int:
    return cell.value if isinstance(cell.value, int) else 0
