"""Where the ways between widgets lead in our menus: past what has nothing alike, each under a name of its own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ivr.editor.studio.definition import Condition, Definition, Transition, Widget
from ivr.editor.studio.house import House
from ivr.editor.studio.notes import Notes
from ivr.editor.studio.unlike import WAYS, unlike
from ivr.flow.load import HEADER

QUEUES: Final = ("enqueue-call", "send-to-flex")
GATHER: Final = "gather-input-on-call"
NODES: Final = ("say-play", GATHER, "record-voicemail")
HELPS: Final = (*QUEUES, "record-voicemail", "connect-call-to")
# Facts that calls have anyway.
KNOWN: Final = frozenset(
    {"ahead", "closed", "email", "hotline", "keyed", "level", "matter", "message", "opening", "queue"}
    | {"receipt", "remark", "score", "wait"}
)
TIMED: Final = re.compile(r"(?:date|time|now|hours?|weekday|day)(?![a-z])", re.IGNORECASE)
ENDS: Final = "no widget {!r} is in the flow: the call ends here, so lead on to where it should go"


@dataclass(frozen=True)
class Ways:
    """The flow as a graph; `todo` are the widgets to which some way leads in our menus, in the order they were met."""

    flow: Definition
    house: House
    notes: Notes
    todo: list[str] = field(default_factory=list)

    def to(self, name: str) -> str:
        """Return the place to which a way to this widget leads in our menus; "" where the call ends."""
        end, passed = self.end(name)
        for one in passed:
            self._past(self.flow.widgets[one])
        if end in passed:
            self.notes.add(end, "the way goes round past widgets that are not carried: it leads to a person now")
            return self.house.flow.hotline.person
        if end not in self.flow.widgets:
            return ""
        if self.flow.widgets[end].type == "connect-call-to":
            to = self.flow.widgets[end].text("to") or "nobody"
            self.notes.add(end, f"rings {to}: our queues go to agents at the desk, so it leads to a person now")
            return self.house.flow.hotline.person
        self.todo.append(end)
        return self.names[end]

    def end(self, name: str) -> tuple[str, list[str]]:
        """Return the widget at which a way comes to something that is carried, and those that it passes before."""
        passed: list[str] = []
        while name in self.flow.widgets and name not in passed and not self._carried(self.flow.widgets[name]):
            passed.append(name)
            name = self.after(self.flow.widgets[name])
        return self.merged.get(name, name), passed

    def after(self, widget: Widget) -> str:
        """Return where a widget leads that is passed by."""
        if widget.type == "split-based-on":
            return widget.way("noMatch", "match")
        anywhere = (one.next for one in widget.transitions if one.next)
        return widget.way("incomingCall") if widget.type == "trigger" else widget.way(*WAYS) or next(anywhere, "")

    def on(self, widget: Widget, *events: str) -> str:
        """Return the place to which the first of a widget's events leads; where the call ends, a goodbye."""
        return self.to(widget.way(*events)) or self.house.goodbye

    def helps(self, name: str) -> bool:
        """Tell whether a widget leads to a person or takes a message, maybe after some words."""
        passed = set[str]()
        while (widget := self.flow.widgets.get(name)) and widget.type == "say-play" and name not in passed:
            passed.add(name)
            name = self.end(widget.way("audioComplete"))[0]
        return widget is not None and widget.type in HELPS

    def split(self, widget: Widget) -> Widget | None:
        """Return the split that looks at the keys of a gathering widget, maybe past what is not carried."""
        name, passed = widget.way("keypress"), list[Widget]()
        while (one := self.flow.widgets.get(name)) and one not in passed and widget.type == GATHER:
            if one.type == "split-based-on" and f"widgets.{widget.name}.Digits" in one.text("input"):
                for beside in passed:
                    self._past(beside)
                return one
            if self._carried(one):
                return None
            passed.append(one)
            name = self.after(one)
        return None

    def keys(self, widget: Widget) -> dict[str, str]:
        """Return where each key leads at which the split after a widget looks; what else it looks at is noted."""
        split, made = self.split(widget), dict[str, str]()
        for way in split.transitions if split else ():
            for key in _values(way) if way.event == "match" else ():
                if re.fullmatch("[0-9*#]", key):
                    made.setdefault(key, way.next or "")
                elif split:
                    rule = " and ".join(f"{one.type} {one.value}" for one in way.conditions)
                    self.notes.add(split.name, f"goes to {way.next or 'the end'} if {rule}: here one key is one choice")
        return made

    def number(self, widget: Widget) -> bool:
        """Tell whether a widget asks for a number rather than a choice."""
        return widget.type == GATHER and widget.number("number_of_digits") != 1 and not self.keys(widget)

    def timed(self, widget: Widget) -> bool:
        """Tell whether a widget looks at the hour or the day."""
        conditions = (one for way in widget.transitions for one in way.conditions)
        return widget.type == "split-based-on" and bool(
            TIMED.search(widget.text("input")) or any(one.type.endswith(("_time", "_date")) for one in conditions)
        )

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name of every widget in our menus: of a file for one that leads into a queue, of a node for others."""
        made, taken = dict[str, str](), {*self.house.taken, *HEADER}
        for widget in sorted(self.flow.widgets.values(), key=lambda one: one.type not in QUEUES):
            made[widget.name] = unique(slug(widget.name), taken)
            taken.add(made[widget.name])
        return made

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """The name of the fact that each gathering widget asks for, if it asks for a number."""
        made, taken = dict[str, str](), set(KNOWN)
        for widget in self.flow.widgets.values():
            name = re.sub("[^a-z_]", "", self.names[widget.name]).strip("_") or "number"
            while widget.type == GATHER and name in taken:
                name += "_too"
            made[widget.name] = name
            taken.add(name)
        return made

    @cached_property
    def merged(self) -> Mapping[str, str]:
        """By the name of a widget that only says something: the one widget after it, whose words these become."""
        return {name: after for after, name in self.leading.items()}

    @cached_property
    def leading(self) -> Mapping[str, str]:
        """By the name of a widget with no words of its own: the one before it that says them."""
        return {after: before for before, after in self._pairs()}

    def _pairs(self) -> Iterator[tuple[str, str]]:
        came = [one.next for widget in self.flow.widgets.values() for one in widget.transitions if one.next]
        for widget in self.flow.widgets.values():
            after = self.flow.widgets.get(widget.way("audioComplete"))
            if widget.type == "say-play" and widget.text("say") and after and came.count(after.name) == 1:
                mute = after.type == GATHER and not after.text("say") and not after.text("play")
                if mute or after.type in (*QUEUES, "record-voicemail"):
                    yield widget.name, after.name

    def _carried(self, widget: Widget) -> bool:
        return widget.type in (*NODES, *QUEUES, "connect-call-to") or self.timed(widget)

    def _past(self, widget: Widget) -> None:
        """Note what is passed by."""
        on = self.after(widget)
        others = sorted({one.next for one in widget.transitions if one.next} - {on})
        beside = f"; no way leads to {', '.join(others)} from here" if others else ""
        if widget.type == "split-based-on":
            looked = widget.text("input") or "something"
            words = f"looks at {looked}, which is not known during a call: all go on to {on or 'the end'}{beside}"
            self.notes.add(widget.name, f"{words}. Let a menu ask the caller instead")
        elif widget.type != "trigger":
            self.notes.add(widget.name, f"{unlike(widget.type)}. The call goes on to {on or 'its end'}{beside}")
        if on and on not in self.flow.widgets:
            self.notes.add(widget.name, ENDS.format(on))


def _values(way: Transition) -> list[str]:
    """Return the values for which a transition is taken; what it compares otherwise as one value that is no key."""
    match way.conditions:
        case (Condition(type="equal_to", value=str(value)),):
            return [value.strip()]
        case (Condition(type="matches_any_of", value=str(value)),):
            return [one.strip() for one in value.split(",")]
    return ["otherwise"]


def slug(name: str) -> str:
    """Return a name of small letters, digits and _ that is like another."""
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return made if made[:1].isalpha() else f"step_{made}".rstrip("_")


def unique(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, with a number behind it where needed."""
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)
