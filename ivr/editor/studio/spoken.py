"""What widgets say, in the fields and languages that our menus have for it."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from ivr.editor.studio.definition import Widget
from ivr.editor.studio.notes import Notes
from ivr.editor.studio.prompts import by_language, plain
from ivr.editor.studio.ways import Ways

LIQUID: Final = re.compile(r"\{\{(.*?)\}\}|\{%.*?%\}", re.DOTALL)
DIGITS: Final = re.compile(r"\s*widgets\.([^.|]+)\.Digits\s*")
MARKS: Final = str.maketrans("", "", "{}")
Words = Mapping[str, str]


@dataclass(frozen=True)
class Spoken:
    """The words of the languages beyond the first, by language and place, as far as they were met."""

    ways: Ways
    notes: Notes
    words: defaultdict[str, dict[str, str | None]] = field(default_factory=lambda: defaultdict(dict))

    @cached_property
    def languages(self) -> list[str]:
        """The hotline's languages, the base language first."""
        return list(self.ways.house.flow.words)

    def put(self, fields: dict[str, Any], place: str, name: str, said: Words) -> None:
        """Write words into a field at a place: those of the base language there, the others into their files."""
        base, *others = self.languages
        fields[name] = said.get(base) or None
        for language in others:
            self.words[language][f"{place}.{name}"] = said.get(language) or None

    def said(self, widget: Widget, text: str) -> Words:
        """Return words of a widget by language; those in languages that the hotline does not speak are noted."""
        said = by_language(text, widget.text("language"), self.languages)
        for language in said.keys() - set(self.languages):
            words = f"says in {language!r}, which hotline.yaml does not name: translate {said[language]!r}"
            self.notes.add(widget.name, words)
        return said

    def text(self, widget: Widget) -> str:
        """Return what a widget says, or the one before it whose words became its own; with gaps as ours are."""
        widget = self.ways.flow.widgets.get(self.ways.leading.get(widget.name, ""), widget)
        if widget.text("play"):
            self.notes.add(widget.name, f"plays {widget.text('play')}: write its words, and record them as a prompt")
        if widget.number("loop") > 1:
            self.notes.add(widget.name, "says it more than once: here a key says it again")
        return self._filled(widget)

    def _filled(self, widget: Widget) -> str:
        parts, at = list[str](), 0
        said = widget.text("say")
        for gap in LIQUID.finditer(said):
            parts += [said[at : gap.start()].translate(MARKS), self._gap(widget, gap)]
            at = gap.end()
        return "".join([*parts, said[at:].translate(MARKS)])

    def _gap(self, widget: Widget, gap: re.Match[str]) -> str:
        digits = DIGITS.fullmatch(gap[1] or "")
        asked = self.ways.flow.widgets.get(digits[1]) if digits else None
        if asked and self.ways.number(asked):
            return f"{{{self.ways.facts[asked.name]}:digits}}"
        self.notes.add(widget.name, f"says {plain(gap[0])}, which is not known during a call: put the words right")
        return ""
