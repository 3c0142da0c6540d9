"""Commands: who may log in, and the first agent of a practice."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final, TypeVar

import click
from flask import Flask
from flask_security import hash_password

from ivr.store.people import AGENT, NamingError, People

Result = TypeVar("Result")
Enrol = Callable[[str, str, frozenset[str], int], object]
# What a role's people may do, and the level at which they serve: a supervisor serves callers, too, whom others send up.
ROLES: Final = {"agent": ((AGENT,), 1), "supervisor": ((AGENT, "supervisor"), 2)}


@dataclass(frozen=True, slots=True)
class Staff:
    """The people who log in, and the desk at which they are enrolled as agents (name, phone, skills, level).

    `all_skills` are those of somebody for whom none are named.
    """

    people: People
    enrol: Enrol
    all_skills: frozenset[str] = frozenset()

    def hire(self, name: str, phone: str, skills: frozenset[str], role: str = AGENT) -> str:
        """Add an agent or a supervisor and return the password, which is kept nowhere; within an application's context.

        Raise NamingError for a name that is taken or none.
        """
        password = token_urlsafe(12)
        named, level = ROLES[role]
        self.people.add(name, hash_password(password), named)
        self.enrol(name, phone, skills or self.all_skills, level)
        return password


def first_agent(staff: Staff, name: str, skills: frozenset[str]) -> str | None:
    """Add the one agent of a practice, rung in the browser; return the password, or None where there is anybody.

    No connection stays open, as the server forks after this.
    """
    try:
        return None if staff.people.some() else staff.hire(name, f"client:{name}", skills)
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


def _add(group: click.Group, staff: Staff) -> None:
    @group.command("add")
    @click.argument("name")
    @click.option("--phone", default="", help="Where calls ring: client:NAME (the browser, as usual) or +8613…")
    @click.option("--skills", default="", help="Such as queue:payments,language:en-US; otherwise all.")
    @click.option("--role", type=click.Choice(tuple(ROLES)), default=AGENT, help="A supervisor also sees all talks.")
    def add(name: str, phone: str, skills: str, role: str) -> None:
        """Add an agent or a supervisor, and print the password, once."""
        wanted = frozenset(skill.strip() for skill in skills.split(",") if skill.strip())
        _tell(name, _plainly(lambda: staff.hire(name, phone or f"client:{name}", wanted, role)))


def _change(group: click.Group, staff: Staff) -> None:
    @group.command("password")
    @click.argument("name")
    def password(name: str) -> None:
        """Give somebody a new password, print it once, and end their sessions."""
        made = token_urlsafe(12)
        _plainly(lambda: staff.people.change(name, password=hash_password(made)))
        _tell(name, made)

    @group.command("bar")
    @click.argument("name")
    def bar(name: str) -> None:
        """Let somebody in no more, and end their sessions."""
        _plainly(lambda: staff.people.change(name, active=False))

    @group.command("admit")
    @click.argument("name")
    def admit(name: str) -> None:
        """Let somebody in again."""
        _plainly(lambda: staff.people.change(name, active=True))


def _tell(name: str, password: str) -> None:
    click.echo(f"{name} logs in at /desk with this password, which is shown only now: {password}")


def _plainly(job: Callable[[], Result]) -> Result:
    try:
        return job()
    except NamingError as error:
        raise click.ClickException(str(error)) from None
