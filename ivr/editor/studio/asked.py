"""Gathering widgets become menus, where a split looks at single keys, and numbers asked for otherwise."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.editor.studio.definition import Widget
from ivr.editor.studio.notes import Notes
from ivr.editor.studio.prompts import cut
from ivr.editor.studio.spoken import Spoken, Words
from ivr.editor.studio.ways import Ways

FREE: Final = "12345678"
LANGUAGES: Final = {
    "English": re.compile("english|英语|英文", re.IGNORECASE),
    "Mandarin": re.compile("mandarin|chinese|中文|普通话|国语", re.IGNORECASE),
}


@dataclass(frozen=True)
class Asked:
    """`chosen` are the words of the keys by which callers come to a place."""

    ways: Ways
    notes: Notes
    spoken: Spoken
    chosen: dict[str, Words] = field(default_factory=dict)

    def node(self, widget: Widget, place: str) -> dict[str, Any]:
        """Return the node that asks what a widget asks."""
        if widget.way("speech") and widget.way("speech") != widget.way("keypress"):
            self.notes.add(widget.name, "takes spoken answers: here callers answer by key")
        if keys := self.ways.keys(widget):
            return self._menu(widget, place, keys)
        if self.ways.number(widget):
            return self._collect(widget, place)
        self.notes.add(widget.name, "asks for one key, at which nothing looks: here its words are only said")
        made: dict[str, Any] = {"kind": "say"}
        self.spoken.put(made, place, "say", self.spoken.said(widget, self.spoken.text(widget)))
        return made | {"then": self.ways.on(widget, "keypress")}

    def _collect(self, widget: Widget, place: str) -> dict[str, Any]:
        made: dict[str, Any] = {"kind": "collect", "name": self.ways.facts[widget.name]}
        self.spoken.put(made, place, "say", self.spoken.said(widget, self.spoken.text(widget)))
        self.spoken.put(made, place, "help", {})
        digits = widget.number("number_of_digits")
        if not 2 <= digits <= 99:
            self.notes.add(widget.name, 'takes a number of any length: write how long it is, as in digits: "10"')
        made |= {"digits": str(digits) if 2 <= digits <= 99 else "2-20", "then": self.ways.on(widget, "keypress")}
        return made | self._missed(widget, widget.way("timeout"))

    def _menu(self, widget: Widget, place: str, keys: dict[str, str]) -> dict[str, Any]:
        text, named = cut(self.spoken.text(widget))
        made, choices = dict[str, Any](kind="menu"), dict[str, dict[str, Any]]()
        self.spoken.put(made, place, "say", self.spoken.said(widget, text))
        for was, key, go in self._choices(widget, keys):
            said = self.spoken.said(widget, named.get(was, ""))
            choice: dict[str, Any] = {}
            base, *others = self.spoken.languages
            choice["for"] = said.get(base)
            for language in others:
                self.spoken.words[language][f"{place}.choices.{go}"] = said.get(language)
            choices[key] = choice | {"go": go}
            self.chosen.setdefault(go, said)
            self._language(widget, key, said.values())
        everywhere = self.ways.house.flow.hotline.keys.model_dump().values()
        for key in sorted(named.keys() - keys.keys() - set(everywhere)):
            self.notes.add(widget.name, f"offers key {key}, which leads nowhere: it is not offered here")
        split = self.ways.split(widget)
        missed = self._missed(widget, split.way("noMatch") if split else "", widget.way("timeout"))
        return made | {"choices": choices} | missed

    def _language(self, widget: Widget, key: str, said: Iterable[str]) -> None:
        """Note a choice that seems to be one of the language."""
        for language, name in LANGUAGES.items():
            if any(name.search(words) for words in said):
                words = (
                    f"key {key} seems to choose a language: lead it to a node of kind: language that leads back here, "
                )
                beside = f"and put what its way says into the words in {language} of the nodes that say the same"
                self.notes.add(widget.name, words + beside)

    def _choices(self, widget: Widget, keys: dict[str, str]) -> Iterator[tuple[str, str, str]]:
        """Yield (key as it was, as it is here, place) for each choice; none twice, none of the keys kept everywhere."""
        house, places = self.ways.house.flow.hotline, set[str]()
        use = {key: name for name, key in house.keys.model_dump().items()}
        free = [key for key in FREE if key not in keys and key not in use]
        for key, name in keys.items():
            end = self.ways.end(name)[0]
            if use.get(key) == "person" or (use.get(key) == "again" and end == widget.name):
                if end != widget.name and not self.ways.helps(end):
                    words = f"key {key} means a person everywhere here: what it led to, {name or 'the end'}, has no key"
                    self.notes.add(widget.name, words)
                continue
            go = self.ways.to(name) or self.ways.house.goodbye
            if go in places or (key in use and not free):
                words = f"two keys lead to {go}" if go in places else "there is no free key"
                self.notes.add(widget.name, f"{words}: key {key} is left out")
                continue
            places.add(go)
            here = free.pop(0) if key in use else key
            if here != key:
                self.notes.add(
                    widget.name, f"key {key} means {use[key]!r} everywhere here: what it led to has key {here}"
                )
            yield key, here, go

    def _missed(self, widget: Widget, *names: str) -> dict[str, str]:
        """Return where callers go who were not understood: to a message or queue, if the flow leads there."""
        missed: dict[str, str] = {}
        for name in filter(None, names):
            end = self.ways.end(name)[0]
            if self.ways.helps(end) and not missed:
                missed["missed"] = self.ways.to(name)
            elif end != widget.name and not self.ways.helps(end):
                words = (
                    f"leads to {name} when nothing or a wrong key comes: here it is asked again, then leads to a person"
                )
                self.notes.add(widget.name, words)
        return missed
