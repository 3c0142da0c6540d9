"""What an imported flow has of the house: the words used everywhere, the way to a person, queues and hours."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

from ivr.editor.studio.definition import NoFlowError
from ivr.flow.flow import Flow
from ivr.flow.load import APART, load
from ivr.flow.nodes.hours import Hours
from ivr.flow.nodes.voicemail import Voicemail
from ivr.flow.text import parse

ENTRY: Final = "main"


@dataclass(frozen=True)
class House:
    """The hotline's own menus, of which all that is no matter goes into the imported ones."""

    texts: Mapping[str, str]
    flow: Flow

    @cached_property
    def person(self) -> str:
        """The file with the way to a person."""
        return self.flow.place("hotline.x", self.flow.hotline.person).partition(".")[0]

    @cached_property
    def message(self) -> Voicemail | None:
        """Where messages are left."""
        mine = (node for place, node in self.flow.nodes.items() if place.startswith(f"{self.person}."))
        return next((node for node in mine if isinstance(node, Voicemail)), None)

    @property
    def goodbye(self) -> str:
        """Where a call goes that is finished."""
        return self.full(self.message.then) if self.message else self.flow.hotline.person

    @property
    def at_hours(self) -> dict[str, str]:
        """Where callers go while a queue is open, and while it is closed."""
        node = self.flow.nodes[self.flow.place("hotline.x", self.flow.hotline.person)]
        if isinstance(node, Hours):
            return {"open": self.full(node.open), "closed": self.full(node.closed)}
        return dict.fromkeys(("open", "closed"), self.flow.hotline.person)

    @property
    def entry(self) -> str:
        """The file that calls begin in."""
        return ENTRY if self.person != ENTRY else "flow"

    @property
    def taken(self) -> frozenset[str]:
        """The names of files that are the house's."""
        return frozenset({*(name.removesuffix(".yaml") for name in APART), self.person, self.entry})

    def full(self, name: str) -> str:
        """Return the full place that the way to a person means by a name."""
        return self.flow.place(f"{self.person}.x", name)

    def files(self, start: str, queues: Mapping[str, Any]) -> tuple[dict[str, str], list[tuple[int, str]]]:
        """Return the house's files, calls beginning at `start`, with more queues; and (line, words) of what is cut.

        The queues beyond the house's have the hours of its general one.
        """
        hotline, hours, lines = self._read("hotline"), self._read("hours"), self._read("queues")
        hotline["start"] = start
        general = hours["queues"][self.flow.hotline.queue]
        for name, queue in queues.items():
            lines[name] = queue
            hours["queues"].insert(0, name, deepcopy(general))  # First, as comments stand behind the last.
        person, cut = self._read(self.person), list(self._outside())
        for place, key, _ in cut:
            del person[place]["choices"][key]
        made = {"hotline": hotline, "hours": hours, "queues": lines, self.person: person}
        return {f"{name}.yaml": written(data) for name, data in made.items()}, self._told(cut)

    def translations(self) -> dict[str, dict[str, str]]:
        """Return the house's words in the languages beyond the first, by language and place."""
        cut = {f"{self.person}.{place}.choices.{go}" for place, _, go in self._outside()}
        kept = ("hotline.", "queues.", f"{self.person}.")
        _, *others = self.flow.words.items()
        return {
            language: {place: said for place, said in words.items() if place.startswith(kept) and place not in cut}
            for language, words in others
        }

    def _outside(self) -> Iterator[tuple[str, str, str]]:
        """Yield (node, key, where to) for each choice on the way to a person that leads into a matter."""
        for name, node in self._read(self.person).items():
            for key, choice in (node.get("choices") or {}).items() if isinstance(node, dict) else ():
                if not self.full(choice["go"]).startswith(f"{self.person}."):
                    yield name, key, choice["go"]

    def _told(self, cut: list[tuple[str, str, str]]) -> list[tuple[int, str]]:
        name = f"{self.person}.yaml"
        read, _ = parse(name, self.texts[name])
        words = "key {} of {} led to {}, which these menus have not: lead it elsewhere, or leave it out as it is now"
        return [
            (read.line((place, "choices", str(key))), words.format(key, f"{self.person}.{place}", go))
            for place, key, go in cut
        ]

    def _read(self, name: str) -> Any:
        return _yaml().load(self.texts[f"{name}.yaml"])


def house(menus: Mapping[str, str]) -> House:
    """Return the house whose menus these are; raise NoFlowError where they cannot be read."""
    flow, problems = load(menus)
    if flow is None:
        raise NoFlowError(f"the hotline's own menus must be good first: {problems[0]}")
    return House(menus, flow)


def written(data: Any) -> str:
    """Return data as YAML: comments and order as they were, what is None left empty."""
    text = StringIO()
    _yaml().dump(data, text)
    return text.getvalue()


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml
