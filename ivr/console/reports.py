"""The pages /desk/reports: each report with its charts and tables, as files, and the calls behind every figure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template, request, send_file

from ivr.console import bell, office, report_files, report_traffic, report_views
from ivr.console.audit import audit
from ivr.console.calls import KINDS, after, place
from ivr.console.office import Office
from ivr.console.rights import may, needs
from ivr.reports import counted
from ivr.reports.catalogue import reports
from ivr.reports.report import Asked, Choice, Counted, Report
from ivr.reports.tallies import Tallies, together

MOST: Final = 50
COUNTED: Final = 10_000
LONGEST: Final = 1100  # days
USUAL: Final = 7
FIRST: Final = date(2000, 1, 1)


def report_pages(given: Office, tallies: Tallies) -> Blueprint:
    """Return the blueprint of `/desk/reports`; what is chosen stands in the address."""
    page = office.formed("reports", given)

    @page.get("")
    @needs("reports.see")
    def show() -> str:
        listed = [(one.name, report_views.said(one.title), report_views.said(one.about)) for one in reports().values()]
        return render_template("reports.html", listed=listed, **_top(given))

    @page.get("/<name>")
    @needs("reports.see")
    def one(name: str) -> str:
        report = reports().get(name) or abort(404)
        asked = _asked(given, tallies, report)
        reader = report_views.reader(given.flow(), may("calls.see"))
        made = report.make(asked)
        told: dict[str, Any] = {"report": report_views.shown(reader, made), "choices": _choices(report, asked)}
        told |= {"traffic": report_traffic.drawn(given, reader, made.traffic)}
        told |= {"spans": _spans(given, report, asked), "query": urlencode(_query(asked)), "asked": asked}
        told |= {"name": name, "title": report_views.said(report.title), "about": report_views.said(report.about)}
        told |= {"pending": tallies.pending(asked.since, asked.until)}
        return render_template("report.html", **told, **_top(given))

    _files(page, given, tallies)
    _calls(page, given)
    return page


def _files(page: Blueprint, given: Office, tallies: Tallies) -> None:
    @page.get("/<name>/export/<kind>")
    @needs("reports.see")
    def file(name: str, kind: str) -> Response:
        report = reports().get(name) or abort(404)
        if kind not in KINDS:
            abort(404)
        asked = _asked(given, tallies, report)
        audit("reports.export", f"{name}.{kind}", **_query(asked))
        reader, made = report_views.reader(given.flow()), report.make(asked)
        told: dict[str, Any] = {"as_attachment": True, "mimetype": KINDS[kind]}
        told |= {"download_name": f"{name}-{asked.since}-{asked.until}.{kind}"}
        return send_file(report_files.written(reader, made, kind), **told)


def _calls(page: Blueprint, given: Office) -> None:
    @page.get("/calls")
    @needs("calls.see")
    def behind() -> str:
        wanted, before = _counted(), request.args.get("before", "")
        engine, reader = given.search.engine, report_views.reader(given.flow())
        found = counted.page(engine, wanted, after(before) if before else None, MOST + 1)
        number = counted.count(engine, wanted, COUNTED)
        query = {name: value for name, value in request.args.items() if name not in ("before", "lang")}
        told: dict[str, Any] = {"rows": [report_views.row(reader, one) for one in found[:MOST]], "older": ""}
        told |= {"count": min(number, COUNTED), "many": number > COUNTED, "newest": before and f"?{urlencode(query)}"}
        if len(found) > MOST:
            last = found[MOST - 1]
            told["older"] = f"?{urlencode(query | {'before': place(last.at, last.id)})}"
        return render_template("report_calls.html", **told, head=report_views.head(reader, wanted), **_top(given))


def _asked(given: Office, tallies: Tallies, report: Report) -> Asked:
    today = given.now().astimezone(tallies.zone).date()
    since, until = _day("since", today - timedelta(days=USUAL - 1)), _day("until", today)
    longest, next_year = timedelta(days=LONGEST), today + timedelta(days=366)
    if not (FIRST <= since <= until <= next_year and until - since < longest):
        abort(400, "reports_bad_span")
    asked = Asked(tallies, given.flow(), since, until)
    chosen = {}
    for choice in report.choices:
        options = _options(asked, choice)
        value = request.args.get(choice.name) or next(iter(options))
        chosen[choice.name] = value if value in options else abort(400, "reports_bad_choice")
    return replace(asked, chosen=chosen)


def _day(name: str, usual: date) -> date:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else usual
    except ValueError:
        abort(400, "calls_bad_day")


def _query(asked: Asked) -> dict[str, str]:
    return {"since": asked.since.isoformat(), "until": asked.until.isoformat(), **asked.chosen}


def _choices(report: Report, asked: Asked) -> list[tuple[str, str, dict[str, str], str]]:
    """Return what can be chosen: name, words, values with their words, and what is chosen."""
    return [
        (
            one.name,
            report_views.said(one.words),
            _options(asked, one),
            asked.chosen[one.name],
        )
        for one in report.choices
    ]


def _options(asked: Asked, choice: Choice) -> dict[str, str]:
    """Return what can be chosen: the choice's own, and every name of its unit in the menus or among these calls."""
    named = report_views.reader(asked.flow).named
    told = {value: report_views.said(words) for value, words in choice.options.items()}
    if choice.unit == "queue":
        told |= {queue: named(queue, "queue") for queue in asked.flow.queues}
    elif choice.unit == "version":
        told |= {version: version for version in sorted(together(asked.read("version")), key=int, reverse=True)}
    return told


def _spans(given: Office, report: Report, asked: Asked) -> dict[str, tuple[str, bool]]:
    """Return the spans that are asked for most, by their words' name: the address, and whether it is this one."""
    today = given.now().astimezone(asked.tallies.zone).date()
    first = today.replace(day=1)
    last = first - timedelta(days=1)
    spans = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "week": (today - timedelta(days=6), today),
        "weeks": (today - timedelta(days=27), today),
        "month": (first, today),
        "last_month": (last.replace(day=1), last),
        "year": (today - timedelta(days=364), today),
    }

    def address(since: date, until: date) -> str:
        query = {**asked.chosen, "since": since.isoformat(), "until": until.isoformat()}
        return f"/desk/reports/{report.name}?{urlencode(query)}"

    return {name: (address(*span), span == (asked.since, asked.until)) for name, span in spans.items()}


def _counted() -> Counted:
    table, _, measure = request.args.get("of", "").partition(".")
    moments = _moment("since"), _moment("until")
    wanted = Counted(table, measure, *moments, cut=request.args.get("cut", ""), key=request.args.get("key", "")[:100])
    return wanted if counted.known(wanted) else abort(400, "reports_bad_figure")


def _moment(name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(request.args.get(name, ""))
        moment.astimezone()
    except (ValueError, OverflowError):
        abort(400, "reports_bad_figure")
    return moment if moment.tzinfo else abort(400, "reports_bad_figure")


def _top(given: Office) -> Mapping[str, Any]:
    return {"here": "reports", "now": given.now().timestamp(), "bell": bell.bell(given)} | office.words(given)
