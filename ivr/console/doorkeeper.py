"""Who may try to prove who they are, by name and by where they ask from; and what becomes of a try that was wrong."""

from dataclasses import dataclass
from typing import Any

from flask import request

from ivr.console.audit import audit
from ivr.store.doors import Doors
from ivr.store.people import People, Person
from ivr.web.peers import line_of


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Counts wrong passwords and codes: apart of who is known where they ask from, of all others by name and line.

    Where all seem to ask from one place, as a proxy stands before us that we do not believe, it is none to `tell` apart
    by: no line is shut.
    """

    people: People
    doors: Doors
    tell: bool = True

    def shuts(self) -> bool:
        """Tell whether nobody is heard from where they ask."""
        return self.tell and self.doors.shut(here())

    def bars(self, person: Person | None) -> bool:
        """Tell whether who asks must wait, whatever they prove."""
        if self.shuts():
            return True
        paused = self._paused(person)
        return paused if paused is not None else person is not None and self.people.barred(person)

    def _paused(self, person: Person | None) -> bool | None:
        return None if person is None else self.doors.known(person.id, here())

    def missed(self, person: Person, **by: str) -> None:
        """Count and write down a wrong proof of this person's."""
        written = self.refused("login.wrong", person.name, **by)
        known = self.doors.known(person.id, here()) is not None
        pause = self.doors.missed(person.id, here()) if known else self.people.missed(person)
        if pause and written:
            audit("lockout", person.name)

    def refused(self, act: str, subject: str, **detail: Any) -> bool:
        """Count a try that was refused, and write it down unless there were too many; return whether it was."""
        written, shut = self.doors.refused(here())
        if written:
            audit(act, subject, **detail)
        if shut and self.tell:
            audit("login.shut", "", line=here())
        return written

    def came(self, person: Person) -> None:
        """Forget the wrong proofs of who knew it at last, and note where they ask from."""
        self.people.entered(person)
        self.doors.came(person.id, here())


def here() -> str:
    """Return the line from which the request comes."""
    return line_of(request.remote_addr or "")
