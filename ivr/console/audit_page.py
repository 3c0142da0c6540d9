"""The page /desk/audit: what people did, newest first."""

import json
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request

from ivr.console import bell, office
from ivr.console.days import day
from ivr.console.office import Office
from ivr.console.rights import needs
from ivr.console.texts import TEXTS
from ivr.store.audit import Entry, Trail

MOST: Final = 100
FIELDS: Final = ("who", "act", "since", "until")
ACTS: Final = tuple(name.removeprefix("act_") for name in TEXTS["en"] if name.startswith("act_"))


def audit_page(given: Office, trail: Trail) -> Blueprint:
    """Return the blueprint of `/desk/audit`; what is looked for stands in the address, and so does where one is."""
    page = office.formed("audit", given)

    @page.get("")
    @needs("audit.see")
    def show() -> str:
        wanted = {name: request.args.get(name, "").strip() for name in FIELDS}
        zone, before = given.flow().zone, _number(request.args.get("before", ""))
        since, until = day(wanted["since"], zone), day(wanted["until"], zone, 1)
        found = trail.page(MOST + 1, before, who=wanted["who"], act=wanted["act"], since=since, until=until)
        asked = urlencode({name: value for name, value in wanted.items() if value})
        older = f"/desk/audit?{asked}&before={found[MOST - 1].id}" if len(found) > MOST else ""
        told: dict[str, Any] = {"here": "audit", "now": given.now().timestamp(), "bell": bell.bell(given)}
        told |= {"paged": before is not None, "newest": f"/desk/audit?{asked}", "older": older}
        told |= {"rows": [_row(one, zone) for one in found[:MOST]], "wanted": wanted, "acts": ACTS}
        return render_template("audit.html", **told, **office.words(given))

    return page


def _row(entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    """Return an entry as the page shows it."""
    told = json.loads(entry.detail)
    shown = {name: ", ".join(value) if isinstance(value, list) else value for name, value in told.items()}
    detail = " · ".join(f"{name}: {value}" for name, value in shown.items())
    at = entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return asdict(entry) | {"at": at, "detail": detail}


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        abort(400, "before is the number of an entry")
    return int(text)
