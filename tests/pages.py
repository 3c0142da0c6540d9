"""Whole calls as pages of text: each is made over real HTTP and must read as written."""

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Any, TypeVar
from unittest.mock import patch
from zoneinfo import ZoneInfo

from ivr import teller, transcript
from ivr.carrier.caller import Caller
from ivr.carrier.cues import Talking
from ivr.carrier.leg import Leg
from ivr.carrier.signals import Inline
from ivr.flow.events import Event, Heard, Said
from ivr.flow.inputs import Found, InLine, Input, NotFound
from ivr.flow.nodes import receipt
from ivr.flow.questions import LIMITED, NO_ANSWER
from ivr.flow.sealing import WRONG
from ivr.flow.secret import SEALED
from ivr.hotline import Hotline
from ivr.store.guard import Guard
from ivr.telephony.proving import Proving
from ivr.teller import Inquiry, Teller
from ivr.transcript import Script
from ivr.wallets.demo import Demo
from ivr.watched import Watched
from tests.desks import at_their_pages
from tests.world import NUMBER, World

SPEAKS = re.compile(r"\(speaks (\d+) s(, hangs up)?\)")
MINUTES = re.compile(r"\((\d+) to (\d+) minutes(?:: (\w+))?\)")
AGENTS = re.compile(r"\((no|\d+) agents? (?:is|are) on\)")
SENT = re.compile(r"\(Alice sends the caller to the (queue|number) (\S+)\)")
STANDS = re.compile(r"\(stands at (\d+) after (\d+) s\)")
RECEIPT = re.compile(r"\(the receipt is (\d+)\)")
GUESSED = re.compile(r"\(others guess (\d+) times at (\d+)\)")
CODED = re.compile(r"\(others have (\d+) codes sent for (\d+)\)")
FROZE = re.compile(r"\(this caller freezes (\d+) others\)")
ANSWERS = re.compile(r"\(the wallet answers (\w+)(?:: (.*))?\)")
LOOKING = "hotline.wallet.looking"
ANSWERED = "~ the wallet: "
KEYED = {SEALED: "000000", WRONG: "00#"}  # In confidence, of which no page says what it was.
BUSY = re.compile(r"\((\S+) is busy\)")
AGENT = "+8613900000002"
PATIENCE = 60.0  # Seconds: what comes comes in an instant, unless the machine stands still for a while.
UNSPOKEN = re.compile(r"[\s。，.!?！？]")

T = TypeVar("T")


@dataclass
class Page:
    """A call while it is made: what the caller does, line by line, and all that happened up to now."""

    world: World
    script: Script
    caller: Caller
    lines: list[str]
    told: int = 0
    read: int = 0  # documents of the carrier's log
    agent: Caller | None = None
    happened: list[Event] = field(default_factory=list)
    # Somebody is on, unless the page says otherwise.
    outlook: dict[str, Any] = field(default_factory=lambda: {"agents": 1})
    receipt: str = ""  # where it is not the one of this moment
    answers: list[Found | NotFound] = field(default_factory=list)  # what the wallet says next, where the page says it

    def do(self, action: str) -> None:
        """Do what a line says, and write down what came of it."""
        self.caller.listen()
        self.note()
        self.lines.append(f"> {action}")
        self._act(action)
        self.note()

    def _act(self, action: str) -> None:
        caller = self.caller
        if told := MINUTES.fullmatch(action):
            self.outlook |= {"low": int(told[1]), "high": int(told[2]), "longer": told[3] or ""}
        elif on := AGENTS.fullmatch(action):
            self.outlook |= {"agents": 0 if on[1] == "no" else int(on[1])}
        elif stands := STANDS.fullmatch(action):
            self.outlook |= {"position": int(stands[1]), "waited": int(stands[2])}
        elif pinned := RECEIPT.fullmatch(action):
            self.receipt = pinned[1]
        elif answers := ANSWERS.fullmatch(action):
            facts = dict(one.split(" ", 1) for one in answers[2].split(", ")) if answers[2] else {}
            told = answers[1]
            self.answers.append(NotFound(told) if told in (LIMITED, *NO_ANSWER) else Found(facts, told))
        elif guessed := GUESSED.fullmatch(action):
            guess(self.world, int(guessed[1]), guessed[2])
        elif coded := CODED.fullmatch(action):
            guess(self.world, int(coded[1]), coded[2], "send_code", "sent")
        elif froze := FROZE.fullmatch(action):
            freeze(self.world, int(froze[1]), self.script.caller)
        elif action == "(every queue is full)":
            for name in self.world.parts.flow.queues:
                self.world.carrier.queue(name).most = 0
        elif spoken := SPEAKS.fullmatch(action):
            caller.speak(float(spoken[1]))
            caller.hang_up() if spoken[2] else caller.press("#")
        elif action == "(hangs up)":
            caller.hang_up()
        elif action in ("(silence)", "(waits)"):
            caller.silence()
        elif action == "(an agent answers)":
            self.agent = Caller(self.world.carrier, leg=answered(self.world, self.queue))
        elif action == "(Alice takes the call)":
            self.agent = taken(self.world, caller)
        elif sent := SENT.fullmatch(action):
            talk = next(place for place in self.world.parts.desk.waiting() if place.state == "talking")
            queue, number = (sent[2], "") if sent[1] == "queue" else ("", sent[2])
            assert self.world.parts.board.transfer(talk.id, queue, number=number)
            until(lambda: not isinstance(caller.cue, Talking))
        elif busy := BUSY.fullmatch(action):
            phone = self.world.carrier.phone(busy[1])
            until(lambda: phone.ringing)
            phone.reject()
        elif action in ("(the agent hangs up)", "(Alice's phone is lost)"):
            assert self.agent
            if action == "(the agent hangs up)":
                self.world.parts.board.end_talk("alice")
            self.agent.hang_up()
        else:
            keys = action.removeprefix("! ")
            caller.press(KEYED.get(keys, keys), interrupt=action.startswith("! "))

    @property
    def queue(self) -> str:
        """The queue in which the caller stands."""
        return next(name for name, queue in self.world.carrier.queues.items() if queue.members)

    def note(self) -> None:
        """Write down what the hotline said since the last time."""
        base = self.world.parts.flow.base
        self.happened = self.world.parts.journal.events(self.caller.leg.sid)
        new = self.happened[self.told :]
        self.told = len(self.happened)
        new_lines = [line for line in transcript.lines(new, base) if not line.startswith(">")]
        if answers := [number for number, line in enumerate(new_lines) if line.startswith(ANSWERED)]:
            new_lines[answers[0] : answers[0]] = self._patience()
        self.lines += new_lines

    def _patience(self) -> list[str]:
        """Return that the caller was asked to wait for the wallet, where it is since the last time."""
        flow = self.world.parts.flow
        language = next((event.language for event in reversed(self.happened) if isinstance(event, Said)), flow.base)
        words = flow.words[language].get(LOOKING, "")
        bodies = [html.unescape(asked.body.decode()) for asked in documents(self.world, self.caller)[self.read :]]
        self.read += len(bodies)
        heard = words and any(words in body for body in bodies)
        return [transcript.said(words, language, flow.base)] if heard else []


def guess(world: World, times: int, who: str, question: str = "check_pin", came: str = "wrong") -> None:
    """Have strangers key wrong PINs for an account, or have codes sent for it."""
    guard = guard_of(world)
    for one in range(times):
        assert guard.allowed(question, who, f"+8613700000{one:03}", f"{question} {one}")
        guard.told(f"{question} {one}", came)


def freeze(world: World, times: int, caller: str) -> None:
    """Have a caller freeze wallets that are not theirs."""
    guard = guard_of(world)
    for one in range(times):
        assert guard.allowed("freeze", f"88777777{one:02}", caller, f"freeze {one}")
        guard.told(f"freeze {one}", "frozen")


def guard_of(world: World) -> Guard:
    """Return what limits guessing in this world."""
    asks = world.parts.hotline.teller
    assert isinstance(asks, Teller)
    assert isinstance(asks.guard, Guard)
    return asks.guard


def demo_of(world: World) -> Demo:
    """Return the wallet of this world, without who sends its codes."""
    asks = world.parts.hotline.teller
    assert isinstance(asks, Teller)
    assert isinstance(asks.wallet, Watched)
    asked = asks.wallet.wallet
    wallet = asked.wallet if isinstance(asked, Proving) else asked
    assert isinstance(wallet, Demo)
    return wallet


def answered(world: World, queue: str) -> Leg:
    """Return the leg of an agent who took the first caller of a queue."""
    leg = world.carrier.leg(NUMBER, AGENT, "outbound-api")
    document = f"<Response><Dial><Queue>{queue}</Queue></Dial></Response>"
    world.carrier.begin(leg, world.carrier.outbound(leg, Inline(document), 30))
    return world.carrier.phone(AGENT).answer()


def taken(world: World, caller: Caller) -> Caller:
    """Return Alice, who was free, whose phone rang, and who talks with the caller now."""
    flow, phone = world.parts.flow, world.carrier.phone("client:alice")
    skills = [*(f"queue:{name}" for name in flow.queues), *(f"language:{name}" for name in flow.words)]
    world.parts.desk.enrol("alice", "client:alice", frozenset(skills))
    at_their_pages(world.parts.desk, "alice")
    world.parts.desk.available("alice")
    world.parts.board.tend()
    until(lambda: phone.ringing)
    alice = Caller(world.carrier, leg=phone.answer())
    alice.press("1")
    until(lambda: isinstance(caller.cue, Talking))
    return alice


def until(true: Callable[[], object]) -> None:
    """Wait until the carrier's background work has made it so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def call(world: World, script: Script, does: list[str]) -> str:
    """Make the call that a page describes; return the page as it really went."""
    page = Page(world, script, world.caller(script.caller), transcript.head(script))
    with told_by_the_desk(page):
        for action in does:
            page.do(action)
        page.caller.listen()
        page.note()
    assert spoken(world, page.caller) == [UNSPOKEN.sub("", words) for words in said(page.happened)]
    return "\n".join(page.lines) + "\n"


@contextmanager
def told_by_the_desk(page: Page) -> Iterator[None]:
    """Let the waiting room be told what the page says of minutes and agents, as if the desk had reckoned it.

    The call's receipt, which is one of its moment, is the page's, too; and the wallet knows questions by their turn, so
    that its own receipts are the same each time.
    """
    number, ask = receipt._number, Teller.ask
    slow, over = Flag(), Flag()

    def known(take: Callable[..., T]) -> Callable[..., T]:
        def taken(hotline: Hotline, call_id: str, asked: str, told: Input, *more: Any) -> T:
            told = replace(told, **page.outlook) if isinstance(told, InLine) else told
            return take(hotline, call_id, asked, told, *more)

        return taken

    def asked(teller: Teller, *about: Any) -> Found | NotFound | None:
        if about[:2] not in teller.running:
            slow.clear()
        return page.answers.pop(0) if page.answers else ask(teller, *about)

    def late(_: float) -> None:
        slow.set()
        over.wait(PATIENCE)

    def soon(so: Callable[[], bool]) -> None:
        """Wait as long as a busy machine may take, but not for a wallet of which it is known that it is late."""
        end = time.monotonic() + PATIENCE
        while not so() and not slow.is_set() and time.monotonic() < end:
            time.sleep(0.005)

    def answer(inquiry: Inquiry, _: float) -> Found | NotFound | None:
        soon(inquiry._done.is_set)
        return waited(inquiry, 0)

    waited = Inquiry.answer
    with (
        patch.object(demo_of(page.world), "_wait", late),
        patch.object(Inquiry, "answer", answer),
        patch.object(Teller, "linger", lambda _, so: soon(so)),
        patch.object(Hotline, "hear", known(Hotline.hear)),
        patch.object(Hotline, "foresee", known(Hotline.foresee)),
        patch.object(Teller, "ask", asked),
        patch.object(receipt, "_number", lambda *about: page.receipt or number(*about)),
        patch.object(teller, "request_id", lambda call, turn: f"turn-{turn}"),
        ExitStack() as after,
    ):
        after.callback(over.set)
        yield


def said(events: list[Event]) -> Iterator[str]:
    """Yield what one turn after the other says, by the journal; the wallet's answer belongs to the turn that asked."""
    text = ""
    for event in events:
        if isinstance(event, Heard) and text and not isinstance(event.input, Found | NotFound):
            yield text
            text = ""
        text += event.words if isinstance(event, Said) else ""
    if text:
        yield text


def spoken(world: World, caller: Caller) -> list[str]:
    """Return what the documents of a call say, one after the other, as the carrier got them.

    One that only asks for patience, as the wallet takes its time, belongs to the next.
    """
    bodies = [html.unescape(asked.body.decode()) for asked in documents(world, caller)]
    words = [re.findall(r"<Say[^>]*>([^<]*)</Say>", body) for body in bodies]
    said = "\n".join(UNSPOKEN.sub("", "".join(one)) for one in words if one)
    looking = (one.get(LOOKING, "") for one in world.parts.flow.words.values())
    for patience in (UNSPOKEN.sub("", words) for words in looking if words):
        said = re.sub(rf"{patience}(\n|$)", "", said)
    return [one for one in said.split("\n") if one]


def documents(world: World, caller: Caller) -> list:  # type: ignore[type-arg]
    """Return the documents of one call, also one that came when the caller had just hung up."""
    asked = (one for one in world.carrier.log.of(caller.leg.sid) if one.context not in ("callback", "media"))
    return list(asked)


def moment(script: Script, zone: ZoneInfo) -> Script:
    """Return the script with its moment in the hotline's zone."""
    return Script(script.title, script.at.replace(tzinfo=zone), script.caller)
