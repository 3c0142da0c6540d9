"""The page /desk/menus: what callers hear now, who works on what, and every version that ever answered."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from ivr.console import bell, office
from ivr.console.audit import audit
from ivr.console.office import Office, me
from ivr.console.rights import may, needs
from ivr.editor import manifest
from ivr.editor.differences import differences
from ivr.editor.gate import GateError
from ivr.editor.merging import merged
from ivr.editor.publishing import EyesError, Publishing, RefusedError, without
from ivr.editor.schema import schema
from ivr.editor.telling import against, told
from ivr.editor.texts import goals, said, words
from ivr.store.drafts import Draft, ForeignError, StaleError
from ivr.store.library import Publication

MOST: Final = 20
TITLE: Final = 120  # letters
STAMP: Final = "%Y-%m-%d %H:%M"


def shelf(given: Office, publishing: Publishing) -> Blueprint:
    """Return the blueprint of `/desk/menus`; it works without scripts."""
    page = office.formed("menus", given, __name__)
    _listing(page, given, publishing)
    _drafts(page, given, publishing)
    _going_back(page, given, publishing)
    _versions(page, given, publishing)
    return page


def _listing(page: Blueprint, given: Office, publishing: Publishing) -> None:
    @page.get("")
    @needs("menus.edit")
    def show() -> str:
        return _drawn(given, publishing)

    @page.get("/schema.json")
    @needs("menus.edit", look=True)
    def described() -> dict[str, Any]:
        return schema()

    @page.post("/drafts")
    @needs("menus.edit")
    def begin() -> Answer:
        title, base = request.form.get("title", "").strip()[:TITLE], publishing.last().version
        number = publishing.drafts.begin(me(), base, given.now(), title)
        audit("menus.draft", f"draft {number}", base=base)
        return redirect(f"/desk/menus/drafts/{number}", 303)


def _drafts(page: Blueprint, given: Office, publishing: Publishing) -> None:
    drafts = publishing.drafts

    @page.post("/drafts/<int:number>/<any(over, drop, reopen, take_in):way>")
    @needs("menus.edit")
    def act(number: int, way: str) -> str | tuple[str, int] | Answer:
        try:
            draft = drafts.draft(number)
        except KeyError:
            abort(404, said("shelf_none"))
        if draft.owner != me() and way != "over":
            return _drawn(given, publishing, trouble=said("shelf_foreign", owner=draft.owner)), 409
        audit(f"menus.{way}", f"draft {number}", owner=draft.owner)
        try:
            match way:
                case "over":
                    drafts.take_over(number, me(), given.now())
                case "drop":
                    drafts.drop(number, given.now())
                    return _drawn(given, publishing, dropped=draft)
                case "reopen":
                    drafts.reopen(number, given.now())
                case _:
                    return _drawn(given, publishing, told=take_in(publishing, draft, given.now()))
        except (StaleError, ForeignError) as error:
            return _drawn(given, publishing, trouble=said("shelf_stale", by=getattr(error, "by", "") or "?")), 409
        return redirect("/desk/menus", 303)


def take_in(publishing: Publishing, draft: Draft, now: datetime) -> str:
    """Have a draft begin from what answers now, with the changes of both; return what came of it, in words."""
    last, library = publishing.last().version, publishing.library
    mine = publishing.drafts.files(draft.id, draft.revision)
    both = [without(one) for one in (library.files(draft.base), mine, library.files(last))]
    files, clashes = merged(*both)
    publishing.drafts.rebase(draft.id, draft.revision, last, files, draft.owner, now)
    if clashes:
        return said("shelf_both", files=", ".join(clashes), number=last)
    return said("shelf_done_take_in", number=last)


def _found(publishing: Publishing, version: int) -> dict[str, str]:
    """Return a version's files; 404 where there never was one."""
    try:
        return publishing.library.files(version)
    except KeyError:
        abort(404, said("shelf_no_version"))


def _changes(publishing: Publishing, version: int, language: str) -> list[tuple[str, list[str]]] | None:
    """Return what a version changed of the one before it, in words by place; None for the first."""
    if version == 1:
        return None
    found = differences(_found(publishing, version - 1), _found(publishing, version), language)
    return [(place, [one.words for one in group]) for place, group in groupby(found, lambda one: one.place)]


def _going_back(page: Blueprint, given: Office, publishing: Publishing) -> None:
    @page.post("/versions/<int:version>/back")
    @needs("menus.publish")
    def back(version: int) -> str | tuple[str, int]:
        _found(publishing, version)
        audit("menus.back", f"version {version}")
        try:
            number = publishing.back(version, me(), request.form.get("note", "").strip())
        except RefusedError as error:
            return _drawn(given, publishing, trouble=said("shelf_refused"), against=against(error.finding)), 409
        except StaleError as error:
            return _drawn(given, publishing, trouble=said("shelf_stale", by=error.by or "?")), 409
        except (EyesError, GateError) as error:
            return _drawn(given, publishing, trouble=told(error)), 409
        return _drawn(given, publishing, told=said("shelf_done_back", number=number))


def _versions(page: Blueprint, given: Office, publishing: Publishing) -> None:
    @page.get("/versions/<int:version>")
    @needs("menus.edit")
    def version(version: int) -> str:
        files, known = _found(publishing, version), publishing.library.version(version)
        told = words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "menus", "may": may}
        told |= {"changes": _changes(publishing, version, told["language"])}
        told |= {"version": known, "files": files, "stamp": _stamp(given), "queue": goals(given)}
        proof = _figures(publishing, version)
        return render_template("version.html", last=publishing.last(), proof=proof, **told)

    @page.get("/versions/<int:version>.zip")
    @needs("menus.edit")
    def download(version: int) -> Response:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            files = _found(publishing, version)
            held: dict[str, str | bytes] = dict(sorted(files.items()))
            sounds, _ = manifest.sounds(given.folder, files)
            for name, one in (held | {f"prompts/{name}": sound for name, sound in sounds.items()}).items():
                archive.writestr(zipfile.ZipInfo(f"menus/{name}", (1980, 1, 1, 0, 0, 0)), one)
        named = {"Content-Disposition": f'attachment; filename="menus-{version}.zip"'}
        return Response(made.getvalue(), mimetype="application/zip", headers=named)


@dataclass(frozen=True, slots=True)
class Row:
    """A draft as the page lists it; `behind` where something was published since it began."""

    id: int
    title: str
    owner: str
    mine: bool
    base: int
    steps: int
    changed: str
    behind: bool


def _drawn(given: Office, publishing: Publishing, **told: Any) -> str:
    before = request.args.get("before", "", str)
    history = publishing.library.history(MOST + 1, int(before) if before.isascii() and before.isdigit() else None)
    last = publishing.last()
    held = words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "menus", "may": may}
    held |= {"last": last, "stamp": _stamp(given), "history": history[:MOST], "paged": bool(before)}
    held |= {"older": history[MOST - 1].id if len(history) > MOST else None, "queue": goals(given)}
    held |= {"proof": _figures(publishing, last.version), "drafts": _rows(given, publishing, last)}
    held |= {"eyes": given.flow().hotline.publish == "four-eyes"}
    return render_template("menus.html", **told, **held)


def _figures(publishing: Publishing, version: int) -> dict[str, Any]:
    """Return what is proven of a version; what answered before anybody proved it is proven now."""
    if proof := publishing.library.version(version).proof:
        return dict(json.loads(proof))
    try:
        finding = publishing.gate.look(publishing.library.files(version), publishing.now())
    except GateError:
        return {}
    if finding.holds:
        publishing.library.prove(version, json.dumps(finding.figures, ensure_ascii=False))
    return finding.figures if finding.holds else {}


def _rows(given: Office, publishing: Publishing, last: Publication) -> list[Row]:
    stamp, live = _stamp(given), without(publishing.library.files(last.version))

    def behind(draft: Draft) -> bool:
        return draft.base != last.version and without(publishing.library.files(draft.base)) != live

    return [
        Row(
            one.id,
            one.title or said("shelf_untitled", number=one.id),
            one.owner,
            one.owner == me(),
            one.base,
            one.revision,
            stamp(one.changed_at),
            behind(one),
        )
        for one in publishing.drafts.open()
    ]


def _stamp(given: Office) -> Callable[[datetime], str]:
    return lambda at: at.astimezone(given.flow().zone).strftime(STAMP)
