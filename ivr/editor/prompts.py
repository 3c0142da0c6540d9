"""The page on which people speak the prompts of a draft: hear them, record or upload them, see what is missing."""

from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request

from ivr.console import bell, office
from ivr.console.audit import audit
from ivr.console.office import Office, me
from ivr.console.rights import needs
from ivr.editor import voices
from ivr.editor.booth import Booth, PromptError
from ivr.editor.change import EditError
from ivr.editor.prompt_rows import FILTERS, Sheet
from ivr.editor.sound import SoundError
from ivr.editor.telling import located, refusal
from ivr.editor.texts import said, words
from ivr.store.drafts import OPEN, Drafts, ForeignError, StaleError

MOST: Final = 40_000_000  # Bytes of two minutes in two channels of 24 bits, 48,000 times a second, and some more.
T = TypeVar("T")


def prompt_pages(given: Office) -> Blueprint:
    """Return the blueprint of a draft's prompts, to be put where its address says which `number` the draft has."""
    page = office.formed("prompts", given, __name__)
    booth = Booth(Drafts(given.desk.engine), given.folder, given.now)

    @page.get("")
    @needs("menus.edit")
    def show(number: int) -> str:
        told = words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "menus"}
        return render_template("prompts.html", **told | _page(booth, number))

    @page.get("/voice")
    @needs("menus.edit")
    def voice(number: int) -> Response:
        line = _tried(lambda: booth.line(number, _name()))
        if not (sound := voices.heard(line.words, line.language)):
            _refuse(404, "no_voice")
        return Response(sound, mimetype="audio/wav")

    @page.post("/record")
    @needs("menus.edit", most=MOST)
    def record(number: int) -> Response:
        audit("prompt.record", _name(), draft=number)
        _tried(lambda: booth.record(number, _revision(), _name(), request.get_data(), me()))
        return _changed(given, booth, number)

    @page.post("/remove")
    @needs("menus.edit")
    def remove(number: int) -> Response:
        audit("prompt.remove", _name(), draft=number)
        _tried(lambda: booth.remove(number, _revision(), _name(), me()))
        return _changed(given, booth, number)

    return page


def _name() -> str:
    return request.args.get("name", "")


def _revision() -> int:
    return request.args.get("revision", -1, int)


def _which() -> str:
    asked = request.args.get("show", "all")
    return asked if asked in FILTERS else "all"


def _page(booth: Booth, number: int) -> dict[str, Any]:
    """Return what the page and its parts are drawn with; 404 where there is no such draft."""
    try:
        draft, (found, problems) = booth.drafts.draft(number), booth.sheet(number)
    except KeyError:
        abort(404, said("prompts_no_draft"))
    told: dict[str, Any] = {"draft": draft, "problems": located(problems), "sheet": found, "which": _which()}
    told["mine"] = draft.owner == me() and draft.state == OPEN
    return told | (_listed(found) if found else {"groups": []})


def _listed(found: Sheet) -> dict[str, Any]:
    reader = office.spoken(found.flow)
    return {
        "groups": found.groups(_which(), reader),
        "counts": found.counts(),
        "progress": found.progress(),
        "tongues": {one: found.flow.words[reader][f"hotline.tongues.{one}"] for one in found.flow.words},
        "server": {one: voices.speaks(one) for one in found.flow.words},
    }


def _changed(given: Office, booth: Booth, number: int) -> Response:
    """Answer with the parts of the page that are other now."""
    told = words(given) | _page(booth, number)
    line = told["sheet"].line(_name())
    cell = render_template("prompts_cell.html", line=line, **told) if line else ""
    head = render_template("prompts_head.html", **told)
    return jsonify(revision=told["draft"].revision, cell=cell, head=head)


def _tried(act: Callable[[], T]) -> T:
    """Return what the act returns, or refuse in the reader's words what cannot be."""
    try:
        return act()
    except (PromptError, KeyError):
        _refuse(404, "no_prompt")
    except SoundError as error:
        _refuse(422, f"sound_{error.why}")
    except EditError as error:
        abort(make_response(jsonify(error=refusal(error)), 422))
    except ForeignError:
        _refuse(409, "foreign_now")
    except StaleError as error:
        _refuse(409, "stale", by=error.by)


def _refuse(status: int, why: str, **told: str) -> NoReturn:
    abort(make_response(jsonify(error=said(f"prompts_{why}", **told)), status))
