"""The page /desk/people, for admins: who may log in, with which roles, and what is done about them."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request

from ivr.console import bell, office
from ivr.console.commands import Staff
from ivr.console.office import Office, me
from ivr.console.rights import needs
from ivr.store.people import NamingError, Person
from ivr.store.roles import ADMIN, ROLES


@dataclass(frozen=True, slots=True)
class Row:
    """A person as the page lists them; `first` is whoever has not logged in yet."""

    name: str
    held: tuple[str, ...]
    active: bool
    since: str
    first: bool
    strong: bool
    factor: bool


def people(given: Office, staff: Staff) -> Blueprint:
    """Return the blueprint of `/desk/people`; it works without scripts, and shows a password in the answer only."""
    page = office.formed("people", given)

    @page.get("")
    @needs("people.manage")
    def show() -> str:
        return _drawn(given, staff)

    @page.post("/<any(add, renew, expel, bar, admit, appoint, strong, lax, weaken):way>")
    @needs("people.manage")
    def act(way: str) -> str | tuple[str, int]:
        name, named = request.form.get("name", "").strip(), tuple(request.form.getlist("role"))
        if not ROLES.keys() >= set(named):
            abort(400, "no such role")
        if name == me() and (way in ("bar", "renew", "weaken", "lax") or (way == "appoint" and ADMIN not in named)):
            return _drawn(given, staff, trouble="not_yourself"), 409
        try:
            password = _ways(staff, name, named)[way]()
        except NamingError:
            trouble = "name_refused" if way == "add" else "no_person"
            return _drawn(given, staff, trouble=trouble), 409
        return _drawn(given, staff, name=name, password=password or "")

    @page.post("/roles")
    @needs("people.manage")
    def strong_roles() -> str:
        staff.strengthen_roles([role for role in ROLES if role in request.form.getlist("role")])
        return _drawn(given, staff)

    return page


def _ways(staff: Staff, name: str, named: tuple[str, ...]) -> dict[str, Callable[[], str | None]]:
    """Return what can be done about a person; what makes a password returns it."""
    return {
        "add": lambda: staff.hire(name, "", frozenset(), *named),
        "renew": lambda: staff.renew(name),
        "expel": lambda: staff.expel(name),
        "bar": lambda: staff.bar(name),
        "admit": lambda: staff.admit(name),
        "strong": lambda: staff.strengthen(name, True),
        "lax": lambda: staff.strengthen(name, False),
        "weaken": lambda: staff.weaken(name),
        "appoint": lambda: staff.appoint(name, *named),
    }


def _drawn(given: Office, staff: Staff, **told: str) -> str:
    words = office.words(given) | {"bell": bell.bell(given), "now": given.now().timestamp(), "here": "people"}
    words |= {"people": [_row(given, one) for one in staff.people.all()], "roles": ROLES}
    return render_template("people.html", strong=staff.people.strong_roles(), **told, **words)


def _row(given: Office, person: Person) -> Row:
    since = person.created_at.astimezone(given.flow().zone).strftime("%Y-%m-%d")
    held, first = tuple(one for one in ROLES if person.has_role(one)), person.one_time_until is not None
    return Row(person.name, held, person.active, since, first, bool(person.strong), person.has_factor())
