"""The pages /desk/calls: the log of calls that are over, and one call whole."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template, request, send_file

from ivr.console import bell, card, export, office, sounds
from ivr.console.audit import audit
from ivr.console.days import day
from ivr.console.office import Office
from ivr.console.rights import may, needs
from ivr.console.texts import TEXTS, language
from ivr.console.view import CODES
from ivr.flow.names import matter_name, queue_name
from ivr.flow.numbers import e164
from ivr.reports.search import COUNTED, After, Found, Wanted
from ivr.reports.story import Story

MOST: Final = 50
RELATED: Final = 5
PLAIN: Final = ("agent", "text", "matter", "queue", "outcome", "code", "language")
NUMBERS: Final = ("version", "seconds", "waited")
FIELDS: Final = ("since", "until", "caller", "number", *PLAIN, *NUMBERS)
MORE: Final = ("outcome", "code", "language", *NUMBERS)  # Asked for seldom.
OUTCOMES: Final = ("served", "message", "callback", "finished", "hung-up")
LONGEST: Final = 100
KINDS: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def call_log(given: Office) -> Blueprint:
    """Return the blueprint of `/desk/calls`; what is looked for stands in the address, and so does where one is."""
    page = office.formed("calls", given)

    @page.get("")
    @needs("calls.see")
    def show() -> str:
        asked = _asked()
        wanted, before = _wanted(given, asked), request.args.get("before", "")
        found = given.search.page(wanted, after(before) if before else None, MOST + 1)
        counted = given.search.count(wanted)
        told: dict[str, Any] = {
            "choices": _choices(given),
            "asked": asked,
            "rows": [_row(given, one) for one in found[:MOST]],
        }
        told |= {
            "count": min(counted, COUNTED),
            "many": counted > COUNTED,
            "fuller": any(asked.get(one) for one in MORE),
        }
        told |= {"exports": may("calls.export"), "query": urlencode(asked)}
        told |= {"newest": f"/desk/calls?{urlencode(asked)}" if before else "", "older": ""}
        if len(found) > MOST:
            last = place(found[MOST - 1].started_at, found[MOST - 1].call_id)
            told["older"] = f"/desk/calls?{urlencode(asked | {'before': last})}"
        return render_template("calls.html", **told, **_top(given))

    _one(page, given)
    _files(page, given)
    return page


def _files(page: Blueprint, given: Office) -> None:
    @page.get("/export/<kind>")
    @needs("calls.export")
    def file(kind: str) -> Response:
        if kind not in KINDS:
            abort(404)
        asked, words = _asked(), _words(given)
        wanted, head = _wanted(given, asked), [TEXTS[language()][name] for name in export.HEAD]
        audit("calls.export", kind, **{name: _covered(name, value) for name, value in asked.items()})
        rows = (
            export.cells(one, words["stamp"], words["matter"], words["queue"])
            for one in export.calls(given.search, wanted)
        )
        name = f"calls-{given.now().astimezone(given.flow().zone):%Y%m%d-%H%M%S}.{kind}"
        if kind == "xlsx":
            return send_file(export.as_xlsx(head, rows), mimetype=KINDS[kind], as_attachment=True, download_name=name)
        told = {"Content-Disposition": f"attachment; filename={name}"}
        return Response(export.as_csv(head, rows), mimetype=KINDS[kind], headers=told)


def _covered(name: str, value: str) -> str:
    """Return what was looked for as the audit log may keep it: it lies open there, for ever."""
    return card.masked(value) if name in ("caller", "number") else "…" if name == "text" else value


def _asked() -> dict[str, str]:
    return {name: text for name in FIELDS if (text := request.args.get(name, "").strip()[:LONGEST])}


def _one(page: Blueprint, given: Office) -> None:
    @page.get("/<call_id>")
    @needs("calls.see")
    def one(call_id: str) -> str:
        return _shown(given, call_id)

    @page.post("/<call_id>/number")
    @needs("numbers.unmask")
    def number(call_id: str) -> str:
        story = _story(given, call_id)
        audit("number.show", "caller", call=story.id)
        return _shown(given, call_id, given.journal.caller(call_id))

    @page.get("/<call_id>/sounds/<sound>")
    @needs("recordings.hear")
    def hear(call_id: str, sound: str) -> Response:
        found = next((one for one in _story(given, call_id).sounds if one.id == sound), None)
        kept = given.messages.find(found.id) if found else None
        return sounds.sent(given, kept, "recording.hear", sound, call_id)


def _shown(given: Office, call_id: str, number: str = "") -> str:
    """Return the page of a call; with the caller's whole number where that is given."""
    story = _story(given, call_id)
    flow, events = given.flow(), given.journal.events(call_id)
    related = given.search.page(Wanted(caller_hash=story.caller_hash), None, RELATED + 1) if story.caller_last4 else []
    told: dict[str, Any] = {"story": story, "facts": given.search.one(call_id), "lines": card.whole(flow, events)}
    told |= {"keyed": card.keyed(flow, events), "hears": may("recordings.hear"), "number": number}
    told |= {"unmasks": may("numbers.unmask") and bool(story.caller_last4) and not number}
    told |= {"related": [_row(given, other) for other in related if other.call_id != call_id][:RELATED]}
    return render_template("call.html", **told, **_words(given), **_top(given))


def _story(given: Office, call_id: str) -> Story:
    return given.search.story(call_id) or abort(404, "call_none")


def _top(given: Office) -> dict[str, Any]:
    told = {"here": "calls", "now": given.now().timestamp(), "bell": bell.bell(given)}
    return told | office.words(given)


def _words(given: Office) -> dict[str, Any]:
    """Return what puts names and moments as the reader knows them."""
    flow = given.flow()
    spoken = office.spoken(flow)
    return {
        "matter": lambda name: matter_name(flow, spoken, name),
        "queue": lambda name: queue_name(flow, spoken, name) if name else "",
        "clock": lambda at: at.astimezone(flow.zone).strftime("%H:%M:%S"),
        "stamp": lambda at: at.astimezone(flow.zone).strftime("%Y-%m-%d %H:%M:%S"),
    }


def _row(given: Office, one: Found) -> dict[str, Any]:
    """Return a call as the list shows it."""
    words = _words(given)
    named = {"matter": words["matter"](one.matter), "queue": words["queue"](one.queue)}
    return (
        {name: getattr(one, name) for name in Found.__dataclass_fields__}
        | named
        | {"at": words["stamp"](one.started_at)}
    )


def _choices(given: Office) -> dict[str, dict[str, str]]:
    """Return what can be chosen from, by field: a name in the database, and how the reader calls it."""
    words, flow, t = _words(given), given.flow(), TEXTS[language()]
    files = {place.partition(".")[0] for place in flow.nodes}
    matters = sorted(file for file in files if f"{file}.matter" in flow.words[flow.base])
    return {
        "matter": {name: words["matter"](name) for name in matters},
        "queue": {name: words["queue"](name) for name in flow.queues},
        "agent": {agent.id: agent.id for agent in given.desk.agents()},
        "outcome": {name: t[f"outcome_{name}"] for name in OUTCOMES},
        "code": {name: t[f"code_{name}"] for name in CODES},
        "language": {name: t.get(name, name) for name in flow.words},
    }


def _wanted(given: Office, asked: Mapping[str, str]) -> Wanted:
    zone = given.flow().zone
    told: dict[str, Any] = {name: asked.get(name, "") for name in PLAIN}
    told |= {name: _number(asked[name]) for name in NUMBERS if name in asked}
    told |= {"number": "".join(asked.get("number", "").split())}
    wanted = Wanted(since=day(asked.get("since", ""), zone), until=day(asked.get("until", ""), zone, 1), **told)
    caller = "".join(asked.get("caller", "").split())
    if not caller:
        return wanted
    if len(caller) == card.SHORT and caller.isascii() and caller.isdigit():
        return replace(wanted, last4=caller)
    whole = e164(caller, given.flow().hotline.number)
    return replace(wanted, caller=whole) if whole else abort(400, "calls_bad_caller")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        abort(400, "calls_bad_number")
    return int(text)


def place(at: datetime, one: str) -> str:
    """Return the place in a list of what happened then and has this id, as it stands in an address."""
    return f"{at.isoformat()}~{one}"


def after(text: str) -> After:
    """Return the moment and the id of such a place; 400 for none."""
    at, _, call_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        moment.astimezone()
    except (ValueError, OverflowError):
        abort(400, "calls_bad_place")
    return (moment, call_id) if moment.tzinfo and call_id else abort(400, "calls_bad_place")
