"""Commands: who may log in, and the first of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final, TypeVar

import click
from flask import Flask
from flask_security import hash_password

from ivr.console.audit import audit
from ivr.desk.keeping import Desk
from ivr.store.errors import StoreError
from ivr.store.people import NamingError, People
from ivr.store.roles import AGENT, ROLES, SUPERVISOR

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Staff:
    """The people who log in, and the desk at which those of them are enrolled who answer calls.

    `all_skills` are those of somebody for whom none are named.
    """

    people: People
    desk: Desk
    all_skills: frozenset[str] = frozenset()

    def hire(self, name: str, phone: str = "", skills: frozenset[str] = frozenset(), *named: str) -> str:
        """Add a person with these roles, an agent if there are none; return the one-time password, kept nowhere.

        An agent is rung in the browser unless there is a phone. It runs within an application's context. Raise
        NamingError for a name that is taken or none.
        """
        audit("person.add", name, roles=named or (AGENT,))
        password = token_urlsafe(12)
        self.people.add(name, hash_password(password), named or (AGENT,))
        self._seat(name, phone or f"client:{name}", skills or self.all_skills, named or (AGENT,))
        return password

    def appoint(self, name: str, *named: str) -> None:
        """Give a person these roles instead of theirs; all their sessions end. Raise NamingError."""
        self.people.known(name)
        audit("person.roles", name, roles=named)
        self.people.appoint(name, named)
        self.desk.offline(name)
        seat = self.desk.agent(name)
        phone, skills = (seat.phone, seat.skills) if seat else (f"client:{name}", self.all_skills)
        self._seat(name, phone, skills, named)

    def bar(self, name: str) -> None:
        """Let a person in no more, and end their sessions. Raise NamingError."""
        self.people.known(name)
        audit("person.bar", name)
        self.people.change(name, active=False)
        self.desk.offline(name)

    def admit(self, name: str) -> None:
        """Let a person in again. Raise NamingError."""
        self.people.known(name)
        audit("person.admit", name)
        self.people.change(name, active=True)

    def expel(self, name: str) -> None:
        """End all sessions of a person. Raise NamingError."""
        self.people.known(name)
        audit("person.expel", name)
        self.people.change(name)
        self.desk.offline(name)

    def strengthen(self, name: str, on: bool) -> None:
        """Have a person need a second factor, or not for themselves. Raise NamingError."""
        self.people.known(name)
        audit("person.strong" if on else "person.lax", name)
        self.people.strengthen(name, on)

    def strengthen_roles(self, named: Sequence[str]) -> None:
        """Have whoever has one of these roles need a second factor."""
        audit("roles.strong", ", ".join(named))
        self.people.strengthen_roles(named)

    def weaken(self, name: str) -> None:
        """Take a person's second factors away, and end their sessions. Raise NamingError."""
        self.people.known(name)
        audit("person.weaken", name)
        self.people.weaken(name)
        self.desk.offline(name)

    def renew(self, name: str) -> str:
        """Give a person a one-time password, and end their sessions; return it, kept nowhere. Raise NamingError."""
        self.people.known(name)
        audit("person.password", name)
        password = token_urlsafe(12)
        self.people.change(name, password=hash_password(password))
        self.desk.offline(name)
        return password

    def _seat(self, name: str, phone: str, skills: frozenset[str], named: tuple[str, ...]) -> None:
        """Enrol whoever answers calls; a supervisor serves those, too, whom others send up."""
        if any("desk.work" in ROLES[one] for one in named):
            self.desk.enrol(name, phone, skills, 2 if SUPERVISOR in named else 1)


def first_admin(staff: Staff, name: str, *named: str) -> str | None:
    """Add the first person, with these roles; return the password, or None where there is anybody.

    No connection stays open, as the server forks after this.
    """
    try:
        return None if staff.people.some() else staff.hire(name, "", frozenset(), *named)
    except NamingError:
        return None  # Another process was faster.
    finally:
        staff.people.close()


def people_commands(staff: Staff, pages: Flask) -> click.Group:
    """Return the commands `people add`, `people password`, `people bar` and `people admit`.

    They run within the application that people log in to.
    """

    @click.group("people")
    def group() -> None:
        """Who may log in."""

    _add(group, staff)
    _change(group, staff)
    for command in group.commands.values():
        command.callback = _within(pages, command.callback)
    return group


def _within(pages: Flask, job: Callable[..., object] | None) -> Callable[..., object]:
    def run(**given: object) -> object:
        with pages.app_context():
            return job(**given) if job else None

    return run


_ROLES: Final = click.option(
    "--role", "named", type=click.Choice(tuple(ROLES)), multiple=True, default=(AGENT,), help="Can be given repeatedly."
)


def _add(group: click.Group, staff: Staff) -> None:
    @group.command("add")
    @click.argument("name")
    @click.option("--phone", default="", help="Where calls ring: client:NAME (the browser, as usual) or +8613…")
    @click.option("--skills", default="", help="Such as queue:payments,language:en-US; otherwise all.")
    @_ROLES
    def add(name: str, phone: str, skills: str, named: tuple[str, ...]) -> None:
        """Add somebody, and print the password, once."""
        wanted = frozenset(skill.strip() for skill in skills.split(",") if skill.strip())
        _tell(name, _plainly(lambda: staff.hire(name, phone, wanted, *named)))


def _change(group: click.Group, staff: Staff) -> None:
    @group.command("roles")
    @click.argument("name")
    @_ROLES
    def appoint(name: str, named: tuple[str, ...]) -> None:
        """Give somebody these roles instead of theirs, and end their sessions."""
        _plainly(lambda: staff.appoint(name, *named))

    @group.command("password")
    @click.argument("name")
    def password(name: str) -> None:
        """Give somebody a new password, print it once, and end their sessions."""
        _tell(name, _plainly(lambda: staff.renew(name)))

    @group.command("expel")
    @click.argument("name")
    def expel(name: str) -> None:
        """End somebody's sessions."""
        _plainly(lambda: staff.expel(name))

    @group.command("weaken")
    @click.argument("name")
    def weaken(name: str) -> None:
        """Take away second factors that somebody has lost, and end their sessions."""
        _plainly(lambda: staff.weaken(name))

    @group.command("bar")
    @click.argument("name")
    def bar(name: str) -> None:
        """Let somebody in no more, and end their sessions."""
        _plainly(lambda: staff.bar(name))

    @group.command("admit")
    @click.argument("name")
    def admit(name: str) -> None:
        """Let somebody in again."""
        _plainly(lambda: staff.admit(name))


def _tell(name: str, password: str) -> None:
    click.echo(f"{name} logs in at /desk with this password, which is for one time and shown only now: {password}")


def _plainly(job: Callable[[], Result]) -> Result:
    try:
        return job()
    except (NamingError, StoreError) as error:
        raise click.ClickException(str(error)) from None
