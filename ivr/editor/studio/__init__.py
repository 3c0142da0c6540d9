"""A flow of Twilio Studio becomes menus of ours, as far as our kinds reach; the rest is listed, each with its place."""

from collections.abc import Mapping
from typing import Any, Final

from ivr.editor.studio.carry import Carrying
from ivr.editor.studio.definition import NoFlowError, Widget, definition
from ivr.editor.studio.house import House, house, written
from ivr.editor.studio.notes import NotCarried, Notes
from ivr.editor.studio.prompts import plain
from ivr.editor.studio.spoken import Spoken
from ivr.editor.studio.unlike import UNLIKE
from ivr.editor.studio.ways import Ways

__all__ = ["NoFlowError", "NotCarried", "read"]
SILENT: Final = "no call comes in by this flow: its trigger leads nowhere upon incomingCall, so there is nothing to say"


def read(text: str, menus: Mapping[str, str]) -> tuple[dict[str, str], list[NotCarried]]:
    """Return the menus (file name -> text) that a flow's JSON makes, and what it has that they have not.

    `menus` are the hotline's own, whose way to a person, words used everywhere, queues and hours the new ones keep.
    Words that the flow does not say in one of the hotline's languages are left empty. Raise NoFlowError.
    """
    flow, home = definition(text), house(menus)
    notes = Notes(flow.lines)
    ways = Ways(flow, home, notes)
    made = Carrying(ways, notes, Spoken(ways, notes))
    start = ways.to(flow.widgets[flow.start].name)
    if not start:
        raise NoFlowError(SILENT)
    made.carry()
    _left_out(ways, notes)
    files, cut = home.files(start if "." in start else f"{home.entry}.{start}", made.queues)
    for line, words in cut:
        notes.found.add(NotCarried(f"{home.person}.yaml", line, words))
    files |= {f"{name}.yaml": _file(flow.description, nodes) for name, nodes in made.nodes.items()}
    return files | _translations(home, made), sorted(notes.found)


def _left_out(ways: Ways, notes: Notes) -> None:
    """Note every widget to which no way leads in our menus and of which nothing was said so far."""
    kept = {*ways.todo, *ways.merged, ways.flow.start}
    kept |= {split.name for name in ways.todo if (split := ways.split(ways.flow.widgets[name]))}
    for name, widget in ways.flow.widgets.items():
        if name not in kept and name not in notes:
            notes.add(name, f"no call comes here in our menus, so it is left out{_saying(widget)}")


def _saying(widget: Widget) -> str:
    said = plain(widget.text("say"))
    beside = f"; {UNLIKE[widget.type]}" if widget.type in UNLIKE else ""
    return f"; it says {said!r}" if said else beside


def _file(description: str, nodes: Mapping[str, Any]) -> str:
    head = f"# Imported from Twilio Studio: {plain(description)}".rstrip(": ") + "\n"
    return head + "\n".join(written({name: data}) for name, data in nodes.items())


def _translations(home: House, made: Carrying) -> dict[str, str]:
    said = home.translations()
    return {
        f"languages/{language}.yaml": written(words | dict(made.spoken.words[language]))
        for language, words in said.items()
    }
