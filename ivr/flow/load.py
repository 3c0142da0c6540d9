"""Menus as text become a flow, or a list of every problem in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError

from ivr.flow import emergency, hours, speech
from ivr.flow.check import check
from ivr.flow.emergency.under import house, under
from ivr.flow.flow import Flow, Hotline, Matter, Queue, Spoken
from ivr.flow.hours import Trouble
from ivr.flow.node import Node, Path, Piece
from ivr.flow.nodes import kinds
from ivr.flow.plain import said
from ivr.flow.problem import Problem
from ivr.flow.text import Text, parse

HEADER: Final = ("matter", "queue")
APART: Final = ("hotline.yaml", "hours.yaml", "queues.yaml")
EMERGENCY: Final = "emergency.yaml"
PROMPTS: Final = "prompts.yaml"  # What people have spoken, where anybody has.
REHEARSALS: Final = "rehearsals.yaml"  # Calls that must go as before.
BESIDE: Final = (EMERGENCY, PROMPTS, REHEARSALS)
P = TypeVar("P", bound=Piece)
Parse = Callable[[str, str], tuple[Text, Sequence[Problem]]]


def load(
    menus: Mapping[str, str],
    recorded: frozenset[str] | None = None,
    music: frozenset[str] | None = None,
    parse: Parse = parse,
    *,
    judged: bool = True,
) -> tuple[Flow | None, list[Problem]]:
    """Return the flow that menus (file name -> text) make, or None and every problem with file and line.

    `recorded` names the sounds of prompts that there are, `music` the files that there are to wait by; None where
    nobody looked. `parse` reads a file's text; nothing changes what it returns. Menus that answered calls before are
    not `judged` again: what a later release finds wrong with the whole of them must not keep them from answering.
    """
    reading = Reading({}, [])
    for name, text in sorted(menus.items()):
        reading.texts[name], problems = parse(name, text)
        reading.problems.extend(problems)
    reading.problems.extend(_absent(menus, reading.texts))
    hotline, schedule, queues = reading.hotline, reading.schedule, reading.queues
    nodes, matters = reading.nodes(), reading.matters()
    if hotline is None:
        return None, sorted(set(reading.problems))
    words, bad = reading.words(hotline, nodes, matters), reading.bad(nodes, matters)
    # With hours or queues that cannot be read the rest is still checked, so that all problems are told at once.
    queues = {name: queues.get(name) or Queue(name=name) for name in reading.named("queues.yaml")}
    schedule = schedule or _always(queues, hotline.zone)
    flow = Flow(hotline, nodes, words, schedule, queues, matters, recorded or frozenset(), reading.spoken(recorded))
    if judged:
        reading.problems.extend(check(flow, reading.texts, frozenset(reading.declared()), bad, music))
    flow = under(flow, reading.emergencies(hotline))
    return (None if reading.problems else flow), sorted(set(reading.problems))


def _absent(menus: Mapping[str, str], texts: Mapping[str, Text]) -> Iterator[Problem]:
    for name in APART:
        if name not in menus:
            yield Problem(name, 1, "the file is missing")
        elif not texts[name].data and not texts[name].bad:
            yield Problem(name, 1, "the file is empty")


def _always(queues: Mapping[str, Queue], zone: str) -> hours.Schedule:
    schedule, _ = hours.read({"queues": dict.fromkeys(queues or ("none",), "always")}, zone)
    return cast("hours.Schedule", schedule)


def _stem(name: str) -> str:
    return name.removesuffix(".yaml")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Reading:
    """The menus' texts while they are being read, and the problems found so far."""

    texts: dict[str, Text]
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def hotline(self) -> Hotline | None:
        """The hotline's own settings."""
        hotline = self._piece("hotline.yaml", (), Hotline)
        for language in hotline.languages if hotline else ():
            if language not in speech.languages():
                words = f"numbers cannot be spoken in {language!r}: known are {', '.join(speech.languages())}"
                self._add("hotline.yaml", ("languages", language), words)
        return hotline

    @cached_property
    def schedule(self) -> hours.Schedule | None:
        """The opening hours."""
        if not self._data("hours.yaml"):
            return None
        zone = self.hotline.zone if self.hotline else "Asia/Shanghai"
        schedule, troubles = hours.read(self.texts["hours.yaml"].data, zone)
        self._tell("hours.yaml", troubles)
        return schedule

    def emergencies(self, hotline: Hotline) -> tuple[emergency.Declared, ...]:
        """Return what goes before all else for a time."""
        declared, troubles = emergency.read(self._data(EMERGENCY), house(hotline, self.named("queues.yaml")))
        self._tell(EMERGENCY, troubles)
        return declared

    @cached_property
    def queues(self) -> dict[str, Queue]:
        """The queues by name."""
        made = {name: self._piece("queues.yaml", (name,), Queue) for name in self.named("queues.yaml")}
        return {name: queue for name, queue in made.items() if queue}

    def matters(self) -> dict[str, Matter]:
        """Return the matters that callers ring about, by file."""
        made = {_stem(name): self._piece(name, (), Matter, header) for name, header in self._headers()}
        return {name: matter for name, matter in made.items() if matter}

    def declared(self) -> dict[str, tuple[str, str]]:
        """Return the place of every node that is written down, good or not, with its file and name."""
        named = ((name, key) for name in self._menus() for key in self._data(name) if key not in HEADER)
        return {f"{_stem(name)}.{key}": (name, key) for name, key in named}

    def nodes(self) -> dict[str, Node]:
        """Return every good node by place."""
        made = {place: self._node(name, key, place) for place, (name, key) in self.declared().items()}
        return {place: node for place, node in made.items() if node}

    def words(self, hotline: Hotline, nodes: dict[str, Node], matters: dict[str, Matter]) -> dict[str, dict[str, str]]:
        """Return all words by language and place, the base language first."""
        base = {f"hotline.{'.'.join(path)}": text for path, text in hotline.marked("words")}
        base |= {f"{name}.matter": matter.matter for name, matter in matters.items()}
        base |= {f"queues.{name}.name": queue.name for name, queue in self.queues.items()}
        for node in nodes.values():
            base |= node.prompts()
        first, *others = hotline.languages
        files = {language: self._data(f"languages/{language}.yaml") for language in others}
        return {first: base} | {name: {key: _text(text) for key, text in file.items()} for name, file in files.items()}

    def spoken(self, recorded: frozenset[str] | None) -> dict[str, Spoken]:
        """Return what people have spoken, by `language/place`; what is `recorded` must be there."""
        made = {name: self._piece(PROMPTS, (name,), Spoken) for name in self.named(PROMPTS)}
        found = {name: spoken for name, spoken in made.items() if spoken}
        for name, spoken in found.items():
            if recorded is not None and spoken.audio not in recorded:
                self._add(
                    PROMPTS, (name, "file"), f"there is no {spoken.file} in prompts/ of the recordings: record anew"
                )
        return found

    def bad(self, nodes: Mapping[str, Node], matters: Mapping[str, Matter]) -> frozenset[str]:
        """Return the places that could not be read, or not whole; a file's name alone stands for all of it."""
        found = {".".join((_stem(name), *map(str, path))) for name, text in self.texts.items() for path in text.bad}
        found |= {_stem(name) for name in APART if not self._data(name)}
        found |= self.declared().keys() - nodes.keys()
        found |= {f"queues.{name}" for name in self.named("queues.yaml") if name not in self.queues}
        return frozenset(found | {f"{_stem(name)}.matter" for name, _ in self._headers() if _stem(name) not in matters})

    def named(self, file: str) -> tuple[str, ...]:
        """Return the names of a file's entries, good or not."""
        return tuple(self._data(file))

    def _headers(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in self._menus():
            if header := {key: self._data(name)[key] for key in HEADER if key in self._data(name)}:
                yield name, header

    def _menus(self) -> Iterator[str]:
        return (name for name in self.texts if name not in (*APART, *BESIDE) and "/" not in name)

    def _data(self, name: str) -> Mapping[str, Any]:
        return self.texts[name].data if name in self.texts else {}

    def _node(self, name: str, key: str, place: str) -> Node | None:
        data, known = self._data(name)[key], kinds()
        if not isinstance(data, dict):
            self._add(name, (key,), f"{key!r} is no node: give it a kind and its fields, indented below it")
            return None
        kind = data.get("kind")
        if not isinstance(kind, str) or kind not in known:
            words = f"{key!r} is of kind {kind!r}: known kinds are {', '.join(sorted(known))}"
            self._add(name, (key, "kind") if kind else (key,), words)
            return None
        fields = {field: value for field, value in data.items() if field != "kind"}
        return self._piece(name, (key,), known[kind], fields | {"place": place})

    def _piece(self, name: str, path: Path, kind: type[P], data: Mapping[str, Any] | None = None) -> P | None:
        if not self._data(name):
            return None
        value: Any = data if data is not None else self._data(name)
        for step in path if data is None else ():
            value = value[step]
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            found = error.errors(include_url=False)
            inner = {item["loc"][:end] for item in found for end in range(len(item["loc"]))}
            for item in found:
                if item["loc"] not in inner:  # What is wrong within a thing explains what is wrong with it.
                    self._add(name, (*path, *item["loc"]), said(item, kind))
            return None

    def _tell(self, name: str, troubles: list[Trouble]) -> None:
        for trouble in troubles:
            self._add(name, trouble.path, trouble.words)

    def _add(self, name: str, path: tuple[str | int, ...], words: str) -> None:
        self.problems.append(Problem(name, self.texts[name].line(path), words))
