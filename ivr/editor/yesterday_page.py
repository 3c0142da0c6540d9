"""The page /desk/menus/drafts/N/yesterday: real calls tried on a draft, and each that goes differently side by side."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from ivr.console import bell, office
from ivr.console.days import day
from ivr.console.office import Office
from ivr.console.rights import may, needs
from ivr.console.texts import language
from ivr.console.texts_wallet import asked
from ivr.editor import telling
from ivr.editor.gate import GateError
from ivr.editor.publishing import Publishing
from ivr.editor.replaying import Again
from ivr.editor.sides import nameless, rows
from ivr.editor.texts import said, words
from ivr.editor.yesterday import BusyError, Run, Yesterday
from ivr.flow.replay.course import SHOWN, Lost
from ivr.store.drafts import Draft
from ivr.store.recorded import call as recorded_call

MOST: Final = 50
STAMP: Final = "%Y-%m-%d %H:%M"


def yesterday_page(given: Office, publishing: Publishing, yesterday: Yesterday) -> Blueprint:
    """Return the blueprint; it works without scripts, which only keep the progress fresh."""
    page = office.formed("yesterday", given, __name__, "menus/drafts/<int:number>/yesterday")
    _runs(page, given, publishing, yesterday)
    _sides(page, given, publishing, yesterday)
    return page


def _runs(page: Blueprint, given: Office, publishing: Publishing, yesterday: Yesterday) -> None:
    @page.get("")
    @needs("menus.edit")
    def show(number: int) -> str:
        return _drawn(given, _draft(publishing, number), _run(yesterday, number))

    @page.post("")
    @needs("menus.edit")
    def begin(number: int) -> str | tuple[str, int] | Answer:
        draft, zone = _draft(publishing, number), given.flow().zone
        since, until = (day(request.form.get(name, ""), zone, later) for name, later in (("since", 0), ("until", 1)))
        if since is None or until is None:
            abort(400, "calls_bad_day")
        files = publishing.drafts.files(number, draft.revision)
        try:
            problems = publishing.gate.look(files, given.now()).problems
        except GateError as error:
            return _drawn(given, draft, None, trouble=telling.told(error)), 422
        if problems:
            return _drawn(given, draft, None, trouble=said("replay_wrong"), against=telling.located(problems)), 422
        try:
            yesterday.begin((number, draft.revision), files, since, until)
        except BusyError as error:
            return _drawn(given, draft, None, trouble=said("replay_busy", number=error.draft[0])), 409
        return redirect(f"/desk/menus/drafts/{number}/yesterday", 303)

    @page.post("/cancel")
    @needs("menus.edit")
    def cancel(number: int) -> Answer:
        if run := _run(yesterday, number):
            run.cancel()
        return redirect(f"/desk/menus/drafts/{number}/yesterday", 303)


def _sides(page: Blueprint, given: Office, publishing: Publishing, yesterday: Yesterday) -> None:
    @lru_cache(2)
    def again(number: int, revision: int) -> Again:
        return Again(publishing.library, publishing.drafts.files(number, revision))

    @page.get("/<call_id>")
    @needs("menus.edit")
    def side_by_side(number: int, call_id: str) -> str:
        draft, run = _draft(publishing, number), _run(yesterday, number)
        past = recorded_call(yesterday.engine, call_id)
        between = again(*run.draft).between(past.version) if run and past else None
        if past is None or past.told is None or between is None:
            abort(404, said("replay_gone"))
        found, base = between.replay(tuple(nameless(between.old, past.told))), between.new.base
        told = {"draft": draft, "call": past, "found": found, "rows": rows(found, base), "lang": base}
        told |= {"why": _why(found.lost) if found.lost else ""}
        return render_template("yesterday_call.html", **told, **_held(given))


def _draft(publishing: Publishing, number: int) -> Draft:
    try:
        return publishing.drafts.draft(number)
    except KeyError:
        abort(404, said("shelf_none"))


def _run(yesterday: Yesterday, number: int) -> Run | None:
    run = yesterday.run
    return run if run and run.draft[0] == number else None


def _drawn(given: Office, draft: Draft, run: Run | None, **told: Any) -> str:
    """Return the page; what matters most of a run comes first."""
    if run:
        wanted, first = request.args.get("sort", ""), max(0, request.args.get("first", 0, int))
        found = [one for one in tuple(run.sum.findings) if wanted in ("", one.sort)]
        found.sort(key=lambda one: SHOWN.index(one.sort))
        told |= {"findings": found[first : first + MOST], "first": first, "wanted": wanted}
        told |= {"following": first + MOST if len(found) > first + MOST else None}
    told |= {"draft": draft, "run": run, "days": _days(given, run), "sorts": SHOWN}
    return render_template("yesterday.html", **told, **_held(given))


def _days(given: Office, run: Run | None) -> tuple[date, date]:
    """Return the first and the last day of a run that found calls; else, twice, yesterday."""
    zone = given.flow().zone
    if run and run.calls.spans:
        first, last = run.calls.spans[0].since, run.calls.spans[-1].until - timedelta(days=1)
        return first.astimezone(zone).date(), last.astimezone(zone).date()
    before = given.now().astimezone(zone).date() - timedelta(days=1)
    return before, before


def _why(lost: Lost) -> str:
    """Return in the reader's words why a call cannot be followed."""
    words = asked(lost.words)[language()] if lost.why == "asked" else telling.told(lost.words)
    return said(f"lost_{lost.why}", words=words)


def _signed(number: float) -> str:
    return f"{number:+.0f}" if round(number) else "0"


def _held(given: Office) -> dict[str, Any]:
    zone = given.flow().zone
    held = words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "menus", "may": may}
    held |= {"told": telling.told, "shown": telling.line}
    return held | {"stamp": lambda at: at.astimezone(zone).strftime(STAMP), "signed": _signed}
