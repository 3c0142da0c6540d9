"""The page /desk/menus/drafts/N/hours: weeks to paint, the days of a year, and what a caller hears at a moment."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from ivr.console import bell, office
from ivr.console.office import Office, me
from ivr.console.rights import needs
from ivr.editor import opening
from ivr.editor.drawing import Bench
from ivr.editor.edits import Set
from ivr.editor.opening import Hours
from ivr.editor.publishing import Publishing
from ivr.editor.rehearse import page as played_page
from ivr.editor.rehearse import play
from ivr.editor.telling import located
from ivr.editor.texts import said, words
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Pressed
from ivr.flow.names import queue_name
from ivr.store.drafts import OPEN, Draft

CALLER: Final = "+8613800138000"
YEARS: Final = (2000, 2100)
MOMENT: Final = "%Y-%m-%dT%H:%M"


def hours_pages(given: Office, publishing: Publishing) -> Blueprint:
    """Return the blueprint of `/desk/menus/drafts/N/hours`, whose forms work without scripts."""
    page, bench = office.formed("hours", given, __name__, "menus/drafts/<int:number>/hours"), Bench(publishing)

    @page.get("")
    @needs("menus.edit")
    def show(number: int) -> str:
        return _drawn(given, bench, bench.draft(number))

    @page.post("/<any(week, callbacks, exception, no_exception, day, no_day):way>")
    @needs("menus.edit")
    def change(number: int, way: str) -> str | tuple[str, int] | Response:
        draft, form = bench.draft(number), request.form
        status, trouble = bench.change(
            draft,
            form.get("revision", -1, int),
            lambda files: [_edit(way, opening.read(files).data)],
            f"hours: {way}",
        )
        if trouble:
            return _drawn(given, bench, draft, trouble=trouble, told=form), status
        return redirect(f"/desk/menus/drafts/{number}/hours#{form.get('queue', way)}", status)

    return page


def _edit(way: str, data: Mapping[str, Any]) -> Set:
    form = request.form
    days = " to ".join(filter(None, (form.get("first", ""), form.get("last", ""))))
    why = {name.removeprefix("why."): text.strip() for name, text in form.items() if name.startswith("why.")}
    match way:
        case "week":
            if form.get("queue", "") not in (data.get("queues") or {}):
                raise ValueError(f"there is no queue {form.get('queue', '')}")
            always = ["always"] * 7 if form.get("always") else [form.get(f"day{day}", "") for day in range(7)]
            return opening.set_week(form["queue"], always)
        case "callbacks":
            return opening.set_callbacks(form.get("hours", ""))
        case "exception":
            return opening.add_exception(data, days, form.get("hours", "").strip(), form.getlist("queues"), why)
        case "no_exception":
            return opening.drop_exception(data, form.get("entry", -1, int) % 10_000)
        case "day":
            return opening.add_day(data, form.get("kind", ""), days, why)
        case _:
            return opening.drop_day(data, form.get("year", ""), form.get("kind", ""), form.get("days", ""))


def _drawn(given: Office, bench: Bench, draft: Draft, **told: Any) -> str:
    files = bench.files(draft.id)
    meant = bench.read(files)[0] or given.flow()
    found, spoken = opening.read(files), office.spoken(meant)
    zone = found.schedule.zone if found.schedule else meant.zone
    held = words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "menus"}
    held |= {"draft": draft, "hours": found, "mine": draft.owner == me() and draft.state == OPEN}
    held |= {"problems": located(found.problems)}
    held |= {"weeks": {name: opening.week(one) for name, one in _queues(found).items()}}
    held |= {"queue": lambda name: queue_name(meant, spoken, name), "languages": meant.hotline.tongues}
    held |= {"exceptions": opening.exceptions(found.data), "entered": opening.entered(found.data)}
    held |= {"callbacks": found.data.get("callbacks") or "09:00-21:00"}
    asked = _moment(request.args.get("at", ""), zone, given.now)
    held |= {"at": asked.strftime(MOMENT)}
    if found.schedule:
        months = opening.year(found.schedule, _year(asked), spoken)
        held |= {"year": _year(asked), "months": months, "special": opening.special(months)}
        held |= {
            "known": found.schedule.calendar.known(_year(asked)),
            "openings": dict(opening.at(found.schedule, asked)),
        }
        held |= {"heard": _heard(bench.read(files)[0], asked)}
    return render_template("hours.html", **told, **held)


def _queues(found: Hours) -> Mapping[str, Any]:
    told = found.data.get("queues")
    return told if isinstance(told, Mapping) else {}


def _moment(text: str, zone: ZoneInfo, now: Callable[[], datetime]) -> datetime:
    """Return the moment asked for, on the hotline's clock; now where none is."""
    if not text:
        return now().astimezone(zone)
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=zone)
    except ValueError:
        abort(400, said("hours_no_moment"))


def _year(asked: datetime) -> int:
    first, last = YEARS
    return asked.year if first <= asked.year <= last else abort(400, said("hours_no_moment"))


def _heard(flow: Flow | None, at: datetime) -> list[dict[str, Any]]:
    """Return what a caller hears who rings at a moment and asks for a person; nothing while the draft is no flow."""
    if flow is None:
        return []
    lines = list(played_page(flow, play(flow, [(Answered(CALLER), at), (Pressed(flow.hotline.keys.person), at)])))
    keyed = next((place for place, line in enumerate(lines) if line["mark"] == ">"), len(lines))
    return lines[keyed + 1 :]
