"""Put the caller in a queue for an agent, keep them company while they wait, and see them off after the talk.

```yaml
line:
  kind: agent
  say: 正在为您转接人工客服。
  next: 您是下一位，请不要挂机。
  ahead: 您前面还有{ahead:counted}位客户，请稍候。
  leave: 留言          # the words of key 1 while waiting
  message: message     # where key 1 leads
  ring: 请我们回电     # the words of key 2 while waiting
  callback: callback   # where key 2 leads
  waited: waited       # after the queue's longest wait
  closed: closed       # the queue has closed, and the last agent is gone
  full: full           # no room in the queue, or the queue failed
  then: survey         # after the talk; or the words of a goodbye:
  # bye: 感谢您的来电，再见。
```
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Final

from ivr.flow.call import Call
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.hours import Opening
from ivr.flow.inputs import Dialled, InLine, Input, LeftQueue, Transferred
from ivr.flow.move import Finish, Go, Hold, Move, Prompt
from ivr.flow.node import Node, Path, Place, QueueName, Words
from ivr.flow.waits import Agent as AgentWait
from ivr.flow.waits import Leaving, Outside, Room, Talking

LEAVE: Final = "1"
RING: Final = "2"
REPEAT: Final = 3  # Rounds after which the place in line is said again, though it is the same.
LONGER: Final = ("fewer_agents", "urgent", "slower")


class Agent(Node):
    """A person: the queue is the matter's own, unless one is named."""

    reaches: ClassVar[bool] = True
    queue: QueueName | None = None
    say: Words
    next: Words
    ahead: Words
    leave: Words
    message: Place
    ring: Words
    callback: Place
    waited: Place
    closed: Place
    full: Place
    then: Place | None = None
    bye: Words | None = None

    def enter(self, flow: Flow, call: Call) -> Move:
        """Join the queue, after the notice that talks are recorded, where they are."""
        name = flow.queue_of(call, self.queue)
        learned = () if name == flow.queue_of(call) else (Learned("queue", name),)
        return Move(Hold(_wait(flow, call, name)), (*learned, self.prompt("say"), *_notice(flow, name)))

    def hear(self, flow: Flow, call: Call, heard: Input) -> Move:
        """Go a round in the waiting room, leave it, be sent on by the agent, or say goodbye."""
        match heard:
            case InLine():
                return self._waits(flow, call, heard)
            case Transferred():
                return _sent(flow, call, heard)
            case LeftQueue("leave"):
                return Move(Go(call.wait.to if isinstance(call.wait, Leaving) and call.wait.to else self.message))
            case LeftQueue("bridged") | Dialled("completed" | "answered"):
                return Move(Go(self.then)) if self.then else Move(Finish("served"), (self.prompt("bye"),))
            case LeftQueue("hangup"):
                return Move(Finish("hung-up"))
            case LeftQueue("redirected" | "redirected-from-bridged" | "bridging-in-process"):
                return Move(Hold(Talking()))
            case Dialled():
                return Move(Hold(_wait(flow, call, flow.queue_of(call))), (Prompt("hotline.phrases.unreached"),))
            case _:
                return Move(Go(self.full))

    def _waits(self, flow: Flow, call: Call, heard: InLine) -> Move:
        name = flow.queue_of(call)
        hours = flow.schedule.at(name, call.now)
        if LEAVE in heard.keys:
            return Move(Hold(Leaving(self.message)))
        if RING in heard.keys:
            return Move(Hold(Leaving(self.callback)))
        if not hours.open and heard.agents == 0:
            return Move(Hold(Leaving(self.closed)), (Learned("closed", hours.reason), Learned("opening", _next(hours))))
        if heard.waited >= 60 * flow.queues[name].longest:
            return Move(Hold(Leaving(self.waited)))
        return self._round(flow.queues[name].music, call, heard, hours)

    def _round(self, music: str, call: Call, heard: InLine, hours: Opening) -> Move:
        """Say what is new, and each time the keys; the place in line again from time to time."""
        room = call.wait if isinstance(call.wait, Room) else Room(music)
        ahead, said = heard.position - 1, list[Prompt]()
        new = ahead != room.ahead or room.rounds >= REPEAT
        if not hours.open and not room.closed:
            said.append(Prompt("hotline.phrases.closing", facts={"opening": _next(hours)}))
        if new:
            said.append(self.prompt("ahead", facts={"ahead": str(ahead)}) if ahead > 0 else self.prompt("next"))
        said += [*_minutes(heard), self.prompt("leave", keys=LEAVE), self.prompt("ring", keys=RING)]
        return Move(Hold(Room(music, ahead, 0 if new else room.rounds + 1, not hours.open)), tuple(said))

    def learns(self) -> frozenset[str]:
        """Return the facts for words."""
        return frozenset({"ahead", "opening", "wait"})

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of a talk after which nothing or two things are meant to come."""
        if bool(self.then) == bool(self.bye):
            yield ("then",), "what comes after the talk? write either then: (a survey, say) or bye: (words)"


def _wait(flow: Flow, call: Call, name: str, agent: str = "", level: int = 0) -> AgentWait:
    queue = flow.queues[name]
    wait = AgentWait(name, queue.priority, queue.limit, agent, level)
    if queue.router == "desk":
        return wait
    return replace(wait, router=queue.router, workflow=queue.workflow or "", matter=call.facts.get("matter", ""))


def _sent(flow: Flow, call: Call, heard: Transferred) -> Move:
    """Send the caller where the agent wants; a queue that does not exist is the one that they came from."""
    sending = Prompt("hotline.phrases.sending")
    if heard.number:
        return Move(Hold(Outside(heard.number)), (sending,))
    here = flow.queue_of(call)
    name = heard.queue if heard.queue in flow.queues else here
    notice = () if flow.queues[here].record else _notice(flow, name)
    wait = _wait(flow, call, name, heard.agent, heard.level)
    return Move(Hold(wait), (Learned("queue", name), sending, *notice))


def _notice(flow: Flow, name: str) -> tuple[Prompt, ...]:
    return (Prompt("hotline.phrases.recorded", interrupt=False),) if flow.queues[name].record else ()


def _minutes(heard: InLine) -> Iterator[Prompt]:
    """Yield how long it still takes, where that is known, after the reason why it is longer than was said before."""
    if heard.high > 0:
        if heard.longer in LONGER:
            yield Prompt(f"hotline.phrases.{heard.longer}")
        yield Prompt("hotline.phrases.minutes", facts={"wait": f"{heard.low}-{heard.high}"})


def _next(hours: Opening) -> str:
    return hours.next.isoformat() if hours.next else ""
