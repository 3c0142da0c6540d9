"""Whose a message is: the queue that the call came to, and the level that this queue asks for."""

from ivr.flow.call import Call
from ivr.flow.events import Learned
from ivr.flow.flow import Flow


def hears(flow: Flow, call: Call) -> tuple[Learned, ...]:
    """Return the facts `queue` and `level` as far as they are new; a message about no matter is the general queue's."""
    queue = flow.queue_of(call)
    level = flow.queues[queue].messages
    told = {"queue": queue, "level": str(level) if level > 1 else ""}
    return tuple(Learned(name, value) for name, value in told.items() if call.facts.get(name, "") != value)
