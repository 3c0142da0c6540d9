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
  freezing: 先冻结钱包  # the words of key 3 while waiting, where that is offered
  freeze: stolen.hold  # where key 3 leads
  first: true          # before everybody else in the queue; as it comes unless written
  waited: waited       # after the queue's longest wait
  closed: closed       # the queue has closed, and the last agent is gone
  full: full           # no room in the queue, or the queue failed
  then: survey         # after the talk; or the words of a goodbye:
  # bye: 感谢您的来电，再见。
```
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Final

from ivr.flow.call import Call
from ivr.flow.emergency import led
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.hours import Opening
from ivr.flow.inputs import Dialled, InLine, Input, LeftQueue, Transferred
from ivr.flow.move import Finish, Go, Hold, Move, Prompt
from ivr.flow.node import Invitation, Node, Path, Place, QueueName, Words
from ivr.flow.waits import Agent as AgentWait
from ivr.flow.waits import Leaving, Outside, Room, Talking

LEAVE: Final = "1"
RING: Final = "2"
FREEZE: Final = "3"
FIRST: Final = 0  # The priority before all that queues may have.
REPEAT: Final = 3  # Rounds after which the place in line is said again, though it is the same.
LOST: Final = "hotline.phrases.lost"
UNREACHED: Final = "hotline.phrases.unreached"
LONGER: Final = ("fewer_agents", "urgent", "slower")


class Agent(Node):
    """A person: the queue is the matter's own, unless one is named."""

    reaches: ClassVar[bool] = True
    timed: ClassVar[bool] = True
    queue: QueueName | None = None
    say: Words
    next: Words
    ahead: Words
    leave: Invitation
    message: Place
    ring: Invitation
    callback: Place
    freezing: Invitation | None = None
    freeze: Place | None = None
    first: bool = False
    waited: Place
    closed: Place
    full: Place
    then: Place | None = None
    bye: Words | None = None

    def enter(self, flow: Flow, call: Call) -> Move:
        """Join the queue, or go where it is diverted; after the notice that talks are recorded, where they are."""
        name, number = led(flow.emergencies, flow.queue_of(call, self.queue), call.now)
        learned = () if name == flow.queue_of(call) else (Learned("queue", name),)
        wait = Outside(number) if number else self._wait(flow, call, name)
        return Move(Hold(wait), (*learned, self.prompt("say"), *_notice(flow, name)))

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
            case LeftQueue("lost"):
                lost = Prompt(LOST if LOST in flow.words[flow.base] else UNREACHED)
                return Move(Hold(self._wait(flow, call, flow.queue_of(call))), (lost,))
            case LeftQueue("redirected" | "redirected-from-bridged" | "bridging-in-process"):
                return Move(Hold(Talking()))
            case Dialled():
                again = self._wait(flow, call, flow.queue_of(call))
                return Move(Hold(again), (Prompt(UNREACHED),))
            case _:
                return Move(Go(self.full))

    def _waits(self, flow: Flow, call: Call, heard: InLine) -> Move:
        name = flow.queue_of(call)
        hours = flow.schedule.at(name, call.now)
        if LEAVE in heard.keys:
            return Move(Hold(Leaving(self.message)))
        if RING in heard.keys:
            return Move(Hold(Leaving(self.callback)))
        if self.freeze and FREEZE in heard.keys:
            return Move(Hold(Leaving(self.freeze)))
        if not hours.open and heard.agents == 0:
            return Move(Hold(Leaving(self.closed)), (Learned("closed", hours.reason), Learned("opening", _next(hours))))
        if heard.waited >= 60 * flow.queues[name].longest:
            return Move(Hold(Leaving(self.waited)))
        room = call.wait if isinstance(call.wait, Room) else Room(flow.queues[name].music)
        if heard.keys and flow.hotline.keys.again not in heard.keys:
            return self._misses(flow, room, heard)
        return self._round(flow, room, call, heard, hours)

    def _round(self, flow: Flow, room: Room, call: Call, heard: InLine, hours: Opening) -> Move:
        """Say what is new, and each time the keys; the place in line when asked, and again from time to time."""
        ahead, alone, said = heard.position - 1, heard.agents == 0, list[Prompt]()
        new = (ahead, alone) != (room.ahead, room.alone) or room.rounds >= REPEAT or bool(heard.keys)
        if not hours.open and not room.closed:
            rings = flow.schedule.rings(flow.queue_of(call), call.now)
            said.append(Prompt("hotline.phrases.closing", facts={"opening": rings.isoformat() if rings else ""}))
        if new:
            said += self._place(ahead, alone)
        said += [*_minutes(heard), *self._offers(alone)]
        return Move(Hold(Room(room.music, ahead, 0 if new else room.rounds + 1, not hours.open, alone)), tuple(said))

    def _place(self, ahead: int, alone: bool) -> Iterator[Prompt]:
        """Yield where they stand; that they are next means nothing while nobody is there to answer."""
        if ahead > 0:
            yield self.prompt("ahead", facts={"ahead": str(ahead)})
        elif not alone:
            yield self.prompt("next")
        if alone:
            yield Prompt("hotline.phrases.nobody")

    def _wait(self, flow: Flow, call: Call, name: str) -> AgentWait:
        wait = _wait(flow, call, name)
        return replace(wait, priority=FIRST) if self.first else wait

    def _offers(self, alone: bool) -> tuple[Prompt, ...]:
        """Return the ways out of the line, first what serves the caller better."""
        leave, ring = self.prompt("leave", keys=LEAVE), self.prompt("ring", keys=RING)
        freeze = (self.prompt("freezing", keys=FREEZE),) if self.freeze else ()
        return (*freeze, *((ring, leave) if alone else (leave, ring)))

    def _misses(self, flow: Flow, room: Room, heard: InLine) -> Move:
        """Answer a key that leads nowhere from here."""
        keys = flow.hotline.keys
        answers = {keys.person: "queued", keys.back: "stay"}
        answer = Prompt(f"hotline.phrases.{answers.get(heard.keys, 'wrong')}")
        again = Prompt("hotline.phrases.again", keys.again)
        return Move(Hold(room), (answer, *self._offers(room.alone), again))

    def learns(self) -> Mapping[str, str]:
        """Return the facts for words."""
        return {"ahead": "count", "opening": "moment", "wait": "minutes"}

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of a talk after which nothing or two things are meant to come."""
        if bool(self.freeze) != bool(self.freezing):
            yield (
                ("freeze",),
                "freeze: (where key 3 leads) goes with freezing: (its words), and only with it",
            )
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
    sending, here = Prompt("hotline.phrases.sending"), flow.queue_of(call)
    if heard.number:
        return Move(Hold(Outside(heard.number)), (sending,))
    name, number = led(flow.emergencies, heard.queue, call.now) if heard.queue in flow.queues else (here, "")
    notice = () if flow.queues[here].record else _notice(flow, name)
    wait = Outside(number) if number else _wait(flow, call, name, heard.agent, heard.level)
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
