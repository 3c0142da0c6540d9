"""How calls are named on the pages of the call log: moments, matters and queues as the reader knows them."""

from typing import Any

from ivr.console import bell, office
from ivr.console.office import Office
from ivr.flow.names import matter_name, queue_name
from ivr.reports.search import Found


def top(given: Office) -> dict[str, Any]:
    """Return what the frame of these pages is told."""
    told = {"here": "calls", "now": given.now().timestamp(), "bell": bell.bell(given)}
    return told | office.words(given)


def names(given: Office) -> dict[str, Any]:
    """Return what puts names and moments as the reader knows them."""
    flow = given.flow()
    spoken = office.spoken(flow)
    return {
        "matter": lambda name: matter_name(flow, spoken, name),
        "queue": lambda name: queue_name(flow, spoken, name) if name else "",
        "clock": lambda at: at.astimezone(flow.zone).strftime("%H:%M:%S"),
        "stamp": lambda at: at.astimezone(flow.zone).strftime("%Y-%m-%d %H:%M:%S"),
    }


def row(given: Office, one: Found) -> dict[str, Any]:
    """Return a call as the list shows it."""
    words = names(given)
    named = {"matter": words["matter"](one.matter), "queue": words["queue"](one.queue)}
    return (
        {name: getattr(one, name) for name in Found.__dataclass_fields__}
        | named
        | {"at": words["stamp"](one.started_at)}
    )
