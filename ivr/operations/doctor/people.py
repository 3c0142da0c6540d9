"""Who may log in: somebody, by a password of their own, and those who can do harm by a second factor."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ivr.operations.doctor.finding import Finding, warning, well
from ivr.operations.doctor.patient import Patient
from ivr.store.condition import Somebody
from ivr.store.roles import ADMIN, AGENT

SHOWN: Final = 5
ADD: Final = "`flask --app app people add NAME --role {}` adds one"


def people(patient: Patient) -> Iterator[Finding]:
    """Yield who is missing, and whom anybody could pose as."""
    if not patient.usable():
        return
    found = patient.database.staff()
    if not found:
        do = "start the program: it makes the first person, and prints the password once"
        yield warning("people", "nobody may log in yet", do)
        return
    yield well("people", f"{len(found)} may log in")
    for role in (ADMIN, AGENT):
        if not any(role in one.roles for one in found):
            yield warning("people", f"nobody is {role}", ADD.format(role))
    do = "`flask --app app people password NAME` prints a new one; it is changed at the first login"
    printed = "{} still has the password that was printed"
    yield from _those(found, lambda one: one.one_time and ADMIN in one.roles, printed, do)
    if patient.live:
        do = "add one at /desk/account, or require it at /desk/people"
        yield from _those(found, lambda one: not one.factor, "{} have no second factor", do)


def _those(found: Sequence[Somebody], so: Callable[[Somebody], bool], words: str, do: str) -> Iterator[Finding]:
    if names := [one.name for one in found if so(one)]:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield warning("people", words.format(", ".join(names[:SHOWN]) + more), do)
