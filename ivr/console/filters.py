"""The searches of the call log that somebody keeps: shown above it, named, renamed, forgotten; all by plain forms."""

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from ivr.console.office import me
from ivr.console.rights import needs
from ivr.store.filters import Filters

LONGEST = 80
LONGEST_QUERY = 2_000


def acts(page: Blueprint, kept: Filters, fields: tuple[str, ...]) -> None:
    """Add what is done with the searches that somebody keeps; an address says no more than these fields."""

    @page.post("/filters/<any(save, rename, drop):way>")
    @needs("calls.see")
    def act(way: str) -> Response:
        one, name = request.form.get("filter", ""), " ".join(request.form.get("name", "").split())[:LONGEST]
        query = _query(request.form.get("query", "")[:LONGEST_QUERY], fields)
        if way == "drop":
            kept.drop(me(), one)
        elif not name:
            abort(400, "filter_unnamed")
        elif not (kept.save(me(), name, query) if way == "save" else kept.rename(me(), one, name)):
            abort(409, "filter_refused")
        return redirect(f"/desk/calls?{query}", 303)


def _query(asked: str, fields: tuple[str, ...]) -> str:
    return urlencode([(name, text) for name, text in parse_qsl(asked) if name in fields])
