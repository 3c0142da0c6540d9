"""A flow: one published version of the menus, read once and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema

from ivr.flow import numbers, speech
from ivr.flow.call import Call
from ivr.flow.emergency import Declared
from ivr.flow.events import Said
from ivr.flow.hours import Schedule
from ivr.flow.move import Prompt
from ivr.flow.node import Key, Node, Piece, Place, QueueName, Words, shaped
from ivr.flow.phrases import Asking, Lifeboat, Phrases
from ivr.flow.words import fill

NUMBER: Final = 'write a whole number with + and the country in front, as in "+864001234567"'
BEGINNING: Final = 'write how numbers begin, with + and the country in front, as in "+86"'
# Seconds within which callers are answered, or hang up, for reports to count them.
WITHIN: Final = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300)
SOUND: Final = (
    "write the sound's file as it was named when it was recorded, 64 digits and letters from a to f, and .wav"
)
WORKFLOW: Final = "write the workflow's id as Twilio shows it, WW and 32 digits or letters from a to f"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}: write one like Asia/Shanghai") from error
    return name


def _within(seconds: int) -> int:
    if seconds not in WITHIN:
        raise ValueError(f"write one of {', '.join(map(str, WITHIN))}, as by these waits are counted")
    return seconds


Within = Annotated[int, AfterValidator(_within), WithJsonSchema({"type": "integer", "enum": list(WITHIN)})]


class GlobalKeys(Piece):
    """The keys that mean the same at every prompt."""

    person: Key = "0"
    back: Key = "*"
    again: Key = "9"


class Limits(Piece):
    """How long a caller is asked before a person is fetched: misses at one prompt, turns in one call.

    `then` leads to a person or a message, past every menu; so do we lead who heard of a fault of ours.
    """

    misses: int = Field(3, ge=1, le=5)
    turns: int = Field(30, ge=10, le=60)
    then: Place


class Callbacks(Piece):
    """Which numbers may be rung, by how they begin in E.164."""

    prefixes: tuple[Annotated[str, shaped(r"\+[1-9]\d{0,6}", BEGINNING)], ...] = Field(("+86",), min_length=1)


class Hotline(Piece):
    """The hotline as a whole: its number, its languages (base language first) and voices, where calls begin.

    `tongues` are the languages' names, for agents. With `publish: four-eyes`, nobody lets menus answer calls who had a
    hand in them.
    """

    name: str
    number: Annotated[str, shaped(r"\+[1-9]\d{6,14}", NUMBER)]
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    languages: dict[str, str] = Field(min_length=1)
    tongues: dict[str, Words]
    start: Place
    person: Place
    queue: QueueName
    keys: GlobalKeys = GlobalKeys()
    limits: Limits
    callbacks: Callbacks = Callbacks()
    publish: Literal["alone", "four-eyes"] = "alone"
    email: Annotated[str, Field(pattern=r"^[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$")] | None = None
    phrases: Phrases
    lifeboat: Lifeboat | None = None
    wallet: Asking | None = None

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """What words may mention in every call: where customers write to, and our number as they dial it."""
        return ({"email": self.email} if self.email else {}) | {"hotline": numbers.spoken(self.number, self.number)}


class Queue(Piece):
    """A line of callers: how many it holds, how many minutes one may wait at most, how urgent it is (1 first).

    With `record`, its talks are recorded. `messages` is the least level of who hears its messages. `router` says who
    finds the agent: our desk, or Twilio's TaskRouter by a `workflow`.

    So many percent of its callers are to be answered within `service_seconds`; who hangs up within `short_seconds` has
    hardly waited. The wallboard warns when somebody waits longer than `alarm_wait` seconds, when so many callers wait,
    or when less than `alarm_service` percent were answered in time (0: never).
    """

    name: Words
    limit: int = Field(100, ge=1, le=1000)
    longest: int = Field(15, ge=1, le=120)
    priority: int = Field(3, ge=1, le=9)
    music: str = "hold.wav"
    record: bool = False
    messages: int = Field(1, ge=1, le=9)
    service_seconds: Within = 20
    service_percent: int = Field(80, ge=1, le=100)
    short_seconds: Within = 5
    alarm_wait: int = Field(120, ge=5, le=3600)
    alarm_waiting: int = Field(10, ge=1, le=1000)
    alarm_service: int = Field(60, ge=0, le=100)
    router: Literal["desk", "taskrouter"] = "desk"
    workflow: Annotated[str, shaped("WW[0-9a-f]{32}", WORKFLOW)] | None = None


class Matter(Piece):
    """What callers ring about, as agents and reports call it, and whose queue it is."""

    matter: Words
    queue: QueueName


class Spoken(Piece):
    """A prompt that a person has spoken: the sound's file below `prompts/`, and the words that it says."""

    file: Annotated[str, shaped(r"[0-9a-f]{64}\.wav", SOUND)]
    words: str

    @property
    def audio(self) -> str:
        """The sound's name, as what is said names it."""
        return self.file.removesuffix(".wav")


@dataclass(frozen=True)
class Flow:
    """All that operations wrote, checked: nodes by place, words by language and place, hours, queues, matters.

    `spoken` are the prompts that a person has spoken, by `language/place`; `recorded` are the names of the sounds
    there are, and one that is called `language/place` is that prompt, whatever it says. `emergencies` go before all
    else while they last.
    """

    hotline: Hotline
    nodes: Mapping[str, Node]
    words: Mapping[str, Mapping[str, str]]
    schedule: Schedule
    queues: Mapping[str, Queue]
    matters: Mapping[str, Matter]
    recorded: frozenset[str] = field(default=frozenset())
    spoken: Mapping[str, Spoken] = field(default_factory=dict)
    emergencies: tuple[Declared, ...] = ()

    @cached_property
    def base(self) -> str:
        """The base language, which everything is written in first."""
        return next(iter(self.hotline.languages))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which the hotline keeps its hours and names moments."""
        return ZoneInfo(self.hotline.zone)

    @cached_property
    def speakers(self) -> Mapping[str, str]:
        """The nodes from which on another language is spoken, and which."""
        return {place: node.speaks for place, node in self.nodes.items() if node.speaks}

    def new_call(self) -> Call:
        """Return a call that has not begun."""
        return Call(language=self.base)

    def place(self, here: str, name: str) -> str:
        """Return the full place that a node at `here` means by `name`: in its own file first, then a file's start."""
        if "." in name:
            return name
        near = f"{here.partition('.')[0]}.{name}"
        return near if near in self.nodes else f"{name}.start"

    def queue_of(self, call: Call, named: str | None = None) -> str:
        """Return the queue meant at this point of the call: the one named, the matter's, or the general one."""
        return named or call.facts.get("queue") or self.hotline.queue

    def audio(self, language: str, place: str) -> str:
        """Return the name of the sound in which a person says these words, "" where only a voice does.

        Words with gaps are never a sound's, and words that were changed since are no longer.
        """
        name, words = f"{language}/{place}", self.words[language][place]
        if "{" in words:
            return ""
        if spoken := self.spoken.get(name):
            return spoken.audio if spoken.words == words else ""
        return name if name in self.recorded else ""

    def write(self, place: str, call: Call) -> str:
        """Return words that somebody reads, in the call's language, with their gaps filled."""
        facts = {**self.hotline.facts, **call.facts}
        return fill(self.words[call.language][place], facts, call.language, call.now.astimezone(self.zone))

    def say(self, prompt: Prompt, call: Call) -> Said:
        """Return a prompt as it is said in this call, with its gaps filled and its keys named."""
        language = prompt.language or call.language
        key = prompt.place, language, prompt.keys, prompt.interrupt
        if alike := self._alike.get(key):
            return alike
        words = self.words[language][prompt.place]
        if "{" in words:
            facts = {**self.hotline.facts, **call.facts, **prompt.facts}
            return self._said(prompt, language, fill(words, facts, language, call.now.astimezone(self.zone)))
        return self._alike.setdefault(key, self._said(prompt, language, words))

    @cached_property
    def _alike(self) -> dict[tuple[str, str, str, bool], Said]:
        """What every caller hears alike, made once: by place, language, keys, and whether a key interrupts it."""
        return {}

    def _said(self, prompt: Prompt, language: str, words: str) -> Said:
        if prompt.keys:
            pressed = speech.voice_of(language).press(words, *prompt.keys)
            return Said(prompt.place, pressed, language, interrupt=prompt.interrupt)
        return Said(prompt.place, words, language, self.audio(language, prompt.place), prompt.interrupt)
