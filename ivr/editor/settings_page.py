"""The page /desk/menus/drafts/N/settings: queues, the hotline, its languages, and the words used everywhere."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from ivr.console import bell, office
from ivr.console.office import Office, me
from ivr.console.rights import needs
from ivr.console.texts import language
from ivr.editor import settings
from ivr.editor.drawing import Bench
from ivr.editor.edits import Edit
from ivr.editor.publishing import Publishing
from ivr.editor.state import nearest
from ivr.editor.telling import located
from ivr.editor.texts import words
from ivr.store.drafts import OPEN, Draft

FILES: Final = ("hotline.yaml", "queues.yaml")
LARGEST: Final = 200_000  # Bytes of all phrases in all languages.


def settings_pages(given: Office, publishing: Publishing) -> Blueprint:
    """Return the blueprint of `/desk/menus/drafts/N/settings`, whose forms work without scripts."""
    page, bench = office.formed("settings", given, __name__, "menus/drafts/<int:number>/settings"), Bench(publishing)

    @page.get("")
    @needs("menus.edit")
    def show(number: int) -> str:
        return _drawn(given, bench, bench.draft(number))

    @page.post("/<any(part, add_queue, drop_queue, voices, add_language, drop_language):way>")
    @needs("menus.edit", most=LARGEST)
    def change(number: int, way: str) -> str | tuple[str, int] | Response:
        draft, form, part = bench.draft(number), request.form, request.form.get("part", "")
        status, trouble = bench.change(
            draft,
            form.get("revision", -1, int),
            lambda files: _edits(way, files, part),
            f"settings: {way} {part}".strip(),
        )
        if trouble:
            return _drawn(given, bench, draft, trouble=trouble, told=form, part=part or way), status
        return redirect(f"/desk/menus/drafts/{number}/settings#{part or way}", status)

    return page


def _edits(way: str, files: Mapping[str, str], part: str) -> list[Edit]:
    form = request.form
    match way:
        case "add_queue":
            called = {name.removeprefix("called."): text.strip() for name, text in form.items()}
            return settings.add_queue(files, form.get("name", "").strip(), called)
        case "drop_queue":
            return settings.drop_queue(files, part)
        case "voices":
            return settings.voiced(files, form)
        case "add_language":
            return settings.add_language(
                files, form.get("tag", "").strip(), form.get("voice", "").strip(), form.get("called", "").strip()
            )
        case "drop_language":
            return settings.drop_language(files, part)
    if part not in settings.parts(files):
        raise ValueError(f"there is no {part} in these menus any more")
    return settings.changes(files, part, form)


def _drawn(given: Office, bench: Bench, draft: Draft, **told: Any) -> str:
    files = bench.files(draft.id)
    held = words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "menus"}
    held |= {"draft": draft, "mine": draft.owner == me() and draft.state == OPEN}
    held |= {"parts": settings.every(files)}
    held |= {
        "voices": settings.voices(files),
        "problems": located(one for one in bench.read(files)[1] if one.file in FILES),
    }
    state = bench.state(draft.id)
    held |= {"titles": {part: _title(rows, state["languages"]) for part, rows in held["parts"].items()}}
    held |= {"tongues": {one["tag"]: one["name"] for one in state["languages"]}, "places": state["places"]}
    held |= {"queues": state["queues"], "matters": sorted({place.partition(".")[0] for place in state["places"]})}
    return render_template("settings.html", **held | told)


def _title(rows: list[settings.Row], tongues: list[dict[str, str]]) -> str:
    """Return what a queue is called in the reader's language, or else in the base one."""
    named: Mapping[str, str] = next((row.value for row in rows if row.name == "name" and row.type == "words"), {})
    reader = nearest([one["tag"] for one in tongues], language())
    return named.get(reader) or next(iter(named.values()), "")
