"""The page /desk/blocked, for supervisors: numbers whose calls are not taken, why, and until when."""

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr.console import bell, office
from ivr.console.audit import audit
from ivr.console.blocked_commands import LONGEST, masked, number_of
from ivr.console.office import Office, me
from ivr.console.rights import needs
from ivr.store.blocked import Blocks

DAYS: Final = (1, 7, 30, 90, 365)


def blocked_page(given: Office) -> Blueprint:
    """Return the blueprint of `/desk/blocked`, which works without scripts."""
    page, blocks = office.formed("blocked", given), Blocks(given.desk.engine, given.now)

    @page.get("")
    @needs("callers.block")
    def show() -> str:
        return _drawn(given, blocks)

    @page.post("/add")
    @needs("callers.block")
    def add() -> Response | tuple[str, int]:
        asked = {name: request.form.get(name, "").strip() for name in ("number", "reason", "days")}
        number, days = number_of(asked["number"], given.flow().hotline.number), _days(asked["days"])
        if not number or not asked["reason"]:
            return _drawn(given, blocks, trouble="blocked_no_reason" if number else "blocked_no_number", **asked), 409
        audit("blocked.add", masked(number), days=days)
        until = given.now() + timedelta(days=days) if days else None
        blocks.add(number, asked["reason"][:LONGEST], me(), until)
        return redirect(url_for("blocked.show"), 303)

    @page.post("/remove")
    @needs("callers.block")
    def remove() -> Response:
        block = next((one for one in blocks.all() if one.id == request.form.get("id")), None)
        if block:
            audit("blocked.remove", masked(block.number))
            blocks.remove(block.id, me())
        return redirect(url_for("blocked.show"), 303)

    return page


def _drawn(given: Office, blocks: Blocks, trouble: str = "", **asked: str) -> str:
    zone = given.flow().zone
    rows = [
        {"id": one.id, "last4": one.number_last4, "reason": one.reason, "by": one.by}
        | {"at": one.at.astimezone(zone), "until": one.until.astimezone(zone) if one.until else None}
        for one in blocks.all()
    ]
    told: dict[str, Any] = {"here": "blocked", "now": given.now().timestamp(), "bell": bell.bell(given)}
    told |= {"rows": rows, "days": DAYS, "trouble": trouble, "asked": asked, "longest": LONGEST}
    return render_template("blocked.html", **told, **office.words(given))


def _days(text: str) -> int:
    """Return for how many days, 0 for ever; only what the page offers is taken."""
    if text not in ("0", *map(str, DAYS)):
        abort(400, "days is one of those on the page")
    return int(text)
