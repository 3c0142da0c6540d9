"""A draft as its page and its acts see it: whose it is, what may be done with it, what its files make."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from flask import abort

from ivr.console.office import me
from ivr.console.rights import may
from ivr.console.texts import language
from ivr.editor.bodies import listed, refuse
from ivr.editor.change import EditError, parsed
from ivr.editor.edits import Edit, apply
from ivr.editor.publishing import Publishing, without
from ivr.editor.reading import Here, read
from ivr.editor.state import state
from ivr.editor.telling import problems, refusal, told
from ivr.editor.texts import said
from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.store.drafts import OPEN, Draft, ForeignError, StaleError

NUMBERS: Final = 2**31


@lru_cache(maxsize=16)
def _read(files: tuple[tuple[str, str], ...], here: Here) -> tuple[Flow | None, tuple[Problem, ...]]:
    flow, problems = read(dict(files), here, parsed)
    return flow, tuple(problems)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where drafts are looked at and worked on."""

    publishing: Publishing

    def draft(self, number: int) -> Draft:
        """Return a draft; 404 where there is none."""
        try:
            return self.publishing.drafts.draft(number) if number < NUMBERS else abort(404, said("shelf_none"))
        except KeyError:
            abort(404, said("shelf_none"))

    def mine(self, number: int, revision: int) -> Draft:
        """Return a draft of who asks, as they see it; 409 that says who has it, or who changed it, where it is not."""
        draft = self.draft(number)
        if draft.owner != me():
            refuse(409, said("shelf_foreign", owner=draft.owner), by=draft.owner, revision=draft.revision)
        if draft.state != OPEN or draft.revision != revision:
            by = self.publishing.drafts.step(number).author
            refuse(409, said("draft_stale", by=by), by=by, revision=draft.revision)
        return draft

    def files(self, number: int) -> dict[str, str]:
        """Return a draft's files."""
        return without(self.publishing.drafts.files(number))

    def read(self, files: Mapping[str, str]) -> tuple[Flow | None, tuple[Problem, ...]]:
        """Return what files make here, and every problem in them."""
        return _read(tuple(sorted(files.items())), self.publishing.gate.here())

    def flow(self, files: Mapping[str, str]) -> Flow:
        """Return what files make here; 422 with the problems where they make nothing yet."""
        flow, wrong = self.read(files)
        return flow or refuse(422, said("draft_unread"), problems=listed(wrong))

    def change(
        self, draft: Draft, revision: int, edits: Callable[[Mapping[str, str]], Sequence[Edit]], what: str
    ) -> tuple[int, str]:
        """Make what a plain form asks for of a draft as somebody saw it; return the answer's status, and what to tell.

        303 where it is made; 200 where nothing is different; 422 for what cannot be made, 409 for who was overtaken.
        """
        drafts = self.publishing.drafts
        try:
            files = drafts.files(draft.id, draft.revision)
            made = edits(files)
            for one in made:
                files = apply(files, one)
            if not made:
                return 200, said("draft_same")
            drafts.edit(draft.id, revision, files, me(), self.publishing.now(), what)
        except (ValueError, EditError) as error:
            return 422, said("draft_refused", why=refusal(error))
        except (StaleError, ForeignError) as error:
            by = getattr(error, "by", "")
            return 409, said("draft_stale", by=by) if by else said("shelf_foreign", owner=draft.owner)
        return 303, ""

    def state(self, number: int) -> dict[str, Any]:
        """Return all that the island is told of a draft."""
        draft, files = self.draft(number), self.files(number)
        step, last = self.publishing.drafts.step(number), self.publishing.last()
        mine, open = draft.owner == me(), draft.state == OPEN
        can = {"edit": mine and open and may("menus.edit"), "publish": open and may("menus.publish")}
        can["take_over"] = not mine and open and may("menus.edit")
        held = {"draft": number, "title": draft.title, "revision": draft.revision, "base": draft.base}
        held |= {"live": last.version, "owner": draft.owner, "mine": mine, "can": can}
        held |= {"undo": step.back is not None, "redo": step.forth is not None}
        return held | state(files, problems(self.read(files)[1]), language())


def overtaken(error: StaleError | ForeignError) -> Any:
    """End the request with 409, saying who was faster."""
    by, revision = getattr(error, "by", ""), getattr(error, "revision", 0)
    refuse(409, said("draft_stale", by=by or "?") if by else told(error), by=by, revision=revision)
