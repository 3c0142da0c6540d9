"""Put the caller in a queue for an agent, and keep them company while they wait.

```yaml
line:
  kind: agent
  say: 正在为您转接人工客服。
  next: 您是下一位，请不要挂机。
  ahead: 您前面还有{ahead:counted}位客户，请稍候。
  leave: 留言          # the words of key 1 while waiting
  left: message        # after key 1, or after the queue's longest wait
  full: full           # no room in the queue, or the queue failed
  bye: 感谢您的来电，再见。
```
"""

from collections.abc import Iterator
from typing import Final

from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.inputs import InLine, Input, LeftQueue
from ivr.flow.move import Finish, Go, Hold, Move
from ivr.flow.node import Node, Path, Place, Words
from ivr.flow.waits import Agent as AgentWait
from ivr.flow.waits import Leaving, Room, Talking

LEAVE: Final = "1"


class Agent(Node):
    """A person: the queue is the matter's own, unless one is named."""

    queue: str | None = None
    say: Words
    next: Words
    ahead: Words
    leave: Words
    left: Place
    full: Place
    bye: Words

    def enter(self, flow: Flow, call: Call) -> Move:
        """Join the queue."""
        name = flow.queue_of(call, self.queue)
        queue = flow.queues[name]
        return Move(Hold(AgentWait(name, queue.priority, queue.limit)), (self.prompt("say"),))

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Go a round in the waiting room, or leave it."""
        match heard:
            case InLine(_, _, keys) if LEAVE in keys:
                return Move(Hold(Leaving()))
            case InLine(_, waited) if waited >= 60 * flow.queues[flow.queue_of(call, self.queue)].longest:
                return Move(Hold(Leaving()))
            case InLine(position):
                return self._round(flow, call, position - 1)
            case LeftQueue("leave"):
                return Move(Go(self.left))
            case LeftQueue("bridged"):
                return Move(Finish("served"), (self.prompt("bye"),))
            case LeftQueue("hangup"):
                return Move(Finish("hung-up"))
            case LeftQueue("redirected" | "redirected-from-bridged" | "bridging-in-process"):
                return Move(Hold(Talking()))
            case _:
                return Move(Go(self.full))

    def _round(self, flow: Flow, call: Call, ahead: int) -> Move:
        place = self.prompt("ahead", facts={"ahead": str(ahead)}) if ahead > 0 else self.prompt("next")
        music = flow.queues[flow.queue_of(call, self.queue)].music
        return Move(Hold(Room(music)), (place, self.prompt("leave", key=LEAVE)))

    def learns(self) -> frozenset[str]:
        """Return the facts for words."""
        return frozenset({"ahead"})

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of a queue that does not exist."""
        if self.queue and self.queue not in flow.queues:
            yield ("queue",), f"there is no queue {self.queue!r}: queues.yaml has {', '.join(flow.queues)}"
