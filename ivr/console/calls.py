"""The page /desk/calls: the log of calls that are over, searched, and sent as files."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template, request, send_file

from ivr.console import call_names, call_page, card, columns, export, filters, office
from ivr.console.audit import audit
from ivr.console.days import day
from ivr.console.office import Office, me
from ivr.console.rights import may, needs
from ivr.console.texts import TEXTS, language
from ivr.console.view import CODES
from ivr.flow.numbers import e164
from ivr.reports.search import After, Wanted
from ivr.store.filters import Filters

MOST: Final = 50
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
    kept = Filters(given.search.engine, given.now)

    @page.get("")
    @needs("calls.see")
    def show() -> str:
        asked, shown = _asked(), columns.chosen(request.args.getlist("columns"))
        query = urlencode(asked | columns.told(shown))
        wanted, before = _wanted(given, asked), request.args.get("before", "")
        found = given.search.look(wanted, after(before) if before else None, MOST)
        counted = given.search.count(wanted, None if before else found)
        told: dict[str, Any] = {
            "choices": _choices(given),
            "asked": asked,
            "rows": [call_names.row(given, one) for one in found.calls],
        }
        told |= {
            "count": counted.number,
            "many": counted.more,
            "cut": found.rest[0] if found.cut and found.rest else None,
            "fuller": any(asked.get(one) for one in MORE),
        }
        told |= {"exports": may("calls.export"), "query": query, "columns": shown, "all_columns": columns.COLUMNS}
        told |= {"filters": kept.of(me()), "newest": f"/desk/calls?{query}" if before else "", "older": ""}
        if found.rest:
            told["older"] = f"/desk/calls?{query}&{urlencode({'before': place(*found.rest)})}"
        return render_template("calls.html", **told, **call_names.names(given), **call_names.top(given))

    call_page.add(page, given)
    filters.acts(page, kept, (*FIELDS, "columns"))
    _files(page, given)
    return page


def _files(page: Blueprint, given: Office) -> None:
    @page.get("/export/<kind>")
    @needs("calls.export")
    def file(kind: str) -> Response:
        if kind not in KINDS:
            abort(404)
        asked, words = _asked(), call_names.names(given)
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


def _choices(given: Office) -> dict[str, dict[str, str]]:
    """Return what can be chosen from, by field: a name in the database, and how the reader calls it."""
    words, flow, t = call_names.names(given), given.flow(), TEXTS[language()]
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
