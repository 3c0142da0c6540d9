"""Widgets become nodes: each kind of ours from the widget that is like it."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from ivr.editor.studio.asked import Asked
from ivr.editor.studio.definition import Widget
from ivr.editor.studio.notes import Notes
from ivr.editor.studio.prompts import by_language, matter
from ivr.editor.studio.spoken import Spoken, Words
from ivr.editor.studio.ways import QUEUES, Ways, slug

LONGEST: Final = 600  # Seconds of a message; Studio's own is an hour.


@dataclass(frozen=True)
class Carrying:
    """The nodes made so far by file and name, and the queues that the house has not."""

    ways: Ways
    notes: Notes
    spoken: Spoken
    nodes: defaultdict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    queues: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def _asked(self) -> Asked:
        return Asked(self.ways, self.notes, self.spoken)

    def carry(self) -> None:
        """Make what is alike of every widget to which a way leads; matters last, as choices name them."""
        matters, entry = dict[str, Widget](), self.ways.house.entry
        for name in self.ways.todo:  # It grows while we go along it.
            widget, mine = self.ways.flow.widgets[name], self.ways.names[name]
            if widget.type in QUEUES:
                matters[mine] = widget
            elif mine not in self.nodes[entry]:
                self.nodes[entry][mine] = self._node(widget, f"{entry}.{mine}")
        for file, widget in matters.items():
            self.nodes[file] = self._matter(widget, file)

    def _node(self, widget: Widget, place: str) -> dict[str, Any]:
        match widget.type:
            case "say-play":
                return self._say(widget, place)
            case "record-voicemail":
                return self._voicemail(widget, place)
            case "split-based-on":
                return self._hours(widget)
        return self._asked.node(widget, place)

    def _say(self, widget: Widget, place: str) -> dict[str, Any]:
        after = self.ways.to(widget.way("audioComplete"))
        made: dict[str, Any] = {"kind": "say" if after else "hangup"}
        self.spoken.put(made, place, "say", self.spoken.said(widget, self.spoken.text(widget)))
        return made | ({"then": after} if after else {})

    def _voicemail(self, widget: Widget, place: str) -> dict[str, Any]:
        made: dict[str, Any] = {"kind": "voicemail"}
        notice = {language: self._notice(language) for language in self.spoken.languages}
        self.spoken.put(made, place, "say", self.spoken.said(widget, self.spoken.text(widget)) or notice)
        if 1 <= (seconds := widget.number("max_length")) <= LONGEST:
            made["seconds"] = seconds
        if widget.properties.get("transcribe") in (True, "true"):
            self.notes.add(widget.name, "has what was said written down: here somebody listens to it, at the desk")
        silent, spoken = widget.way("noAudio"), widget.way("recordingComplete")
        if silent and silent != spoken:
            self.notes.add(
                widget.name, f"leads to {silent} when nothing is said: here that is asked once, then goes on alike"
            )
        return made | {"then": self.ways.on(widget, "recordingComplete")}

    def _notice(self, language: str) -> str:
        house = self.ways.house
        return house.flow.words[language].get(f"{house.message.place}.say", "") if house.message else ""

    def _hours(self, widget: Widget) -> dict[str, Any]:
        rules = [f"{one.type} {one.value}" for way in widget.transitions for one in way.conditions]
        words = f"goes by the hour ({', '.join(rules) or 'no condition'}): write the queue's hours into hours.yaml"
        self.notes.add(widget.name, f"{words}, and see that open and closed are not the wrong way round here")
        end = self.ways.flow.widgets.get(self.ways.end(widget.way("match"))[0])
        queue = {"queue": self._queue(end)} if end and end.type in QUEUES else {}
        return (
            {"kind": "hours"}
            | queue
            | {"open": self.ways.on(widget, "match"), "closed": self.ways.on(widget, "noMatch")}
        )

    def _queue(self, widget: Widget) -> str:
        """Return the name of a widget's queue, which is made unless the house has it."""
        title = widget.text("queue_name") or widget.name.replace("_", " ")
        name = slug(title if re.search("[a-z]", title.lower()) else widget.name)
        if name not in self.ways.house.flow.queues and name not in self.queues:
            self.queues[name] = {}
            self.spoken.put(self.queues[name], f"queues.{name}", "name", self._title(title))
            general = self.ways.house.flow.hotline.queue
            self.notes.add(
                widget.name, f"the queue {name!r} has the hours of {general!r} now: write its own in hours.yaml"
            )
        return name

    def _title(self, title: str) -> Words:
        return matter(by_language(title, "", self.spoken.languages))

    def _matter(self, widget: Widget, file: str) -> dict[str, Any]:
        """Return the file of a matter whose callers go to a queue: after a word to them, or by its hours."""
        made: dict[str, Any] = {}
        chosen = self._asked.chosen.get(file)
        named = matter(chosen) if chosen else self._title(widget.name.replace("_", " "))
        self.spoken.put(made, file, "matter", named)
        start: dict[str, Any] = {"kind": "hours"} | self.ways.house.at_hours
        if said := self.spoken.said(widget, self.spoken.text(widget)):
            start = {"kind": "say"}
            self.spoken.put(start, f"{file}.start", "say", said)
            start["then"] = self.ways.house.flow.hotline.person
        self._beside(widget)
        return made | {"queue": self._queue(widget), "start": start}

    def _beside(self, widget: Widget) -> None:
        """Note what belongs to a queue's widget beside the queue."""
        if workflow := widget.text("workflow_sid") or widget.text("workflow"):
            words = f"goes by TaskRouter ({workflow}): here the desk gives out the queue, unless queues.yaml says"
            self.notes.add(widget.name, f"{words} router: taskrouter")
        if widget.text("attributes") or widget.text("task_attributes"):
            self.notes.add(widget.name, "tells agents attributes: here they see the matter and what was keyed")
        if widget.text("wait_url"):
            self.notes.add(widget.name, "has music of its own: write music: in queues.yaml")
        for event in ("callComplete", "failedToEnqueue", "callFailure"):
            if after := widget.way(event):
                house = f"{self.ways.house.person}.yaml"
                self.notes.add(widget.name, f"leads to {after} upon {event}: here {house} says what follows, for all")
