"""Go one way while a queue is open and another while it is closed.

```yaml
staffed:
  kind: hours
  open: line
  closed: closed
```
"""

from collections.abc import Mapping
from typing import ClassVar

from ivr.flow.call import Call
from ivr.flow.emergency import closed, led
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.move import Go, Move, Prompt
from ivr.flow.node import Node, Place, QueueName


class Hours(Node):
    """Is the queue (the matter's own, unless one is named) open now? Words may mention the next `opening`."""

    timed: ClassVar[bool] = True
    queue: QueueName | None = None
    open: Place
    closed: Place

    def enter(self, flow: Flow, call: Call) -> Move:
        """Look at the schedule, and remember why the queue is closed and when it opens next; tell of an emergency."""
        queue, _ = led(flow.emergencies, flow.queue_of(call, self.queue), call.now)
        now = flow.schedule.at(queue, call.now)
        if now.open:
            return Move(Go(self.open))
        following, emergency = now.next.isoformat() if now.next else "", closed(flow.emergencies, queue, call.now)
        why = (Prompt(emergency.place),) if emergency else ()
        return Move(Go(self.closed), (Learned("closed", now.reason), Learned("opening", following), *why))

    def learns(self) -> Mapping[str, str]:
        """Return the facts for words."""
        return {"opening": "moment"}
