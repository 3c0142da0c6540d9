"""Lets menus answer calls: one atomic step, behind the gate, by whoever may; and back again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.editor.emergency import FILE, current
from ivr.editor.gate import Finding, Gate
from ivr.store.drafts import Drafts, StaleError
from ivr.store.errors import StoreError
from ivr.store.library import Library, Publication
from ivr.store.live import Live

APART: Final = FILE  # Not a draft's, but carried over to whatever answers next.
FOUR_EYES: Final = "four-eyes"


class RefusedError(RuntimeError):
    """The menus do not pass the gate; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__("the menus do not pass the gate")
        self.finding = finding


class EyesError(StoreError):
    """Somebody else has to publish it; the text says who had a hand in it."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """What stands between a draft and every caller."""

    library: Library
    drafts: Drafts
    live: Live
    gate: Gate
    now: Callable[[], datetime]

    def draft(self, number: int, revision: int, by: str, note: str) -> int:
        """Let a draft answer as it is at a revision; return its version.

        Raise KeyError for no such draft, StaleError where it or what is live was changed meanwhile, EyesError,
        RefusedError with what stands against it, GateError.
        """
        draft, last = self.drafts.draft(number), self.last()
        if draft.revision != revision:
            step = self.drafts.step(number)
            raise StaleError(f"draft {number} was changed by {step.author} meanwhile", step.author, draft.revision)
        files = self.drafts.files(number, revision)
        if without(files) == self._menus(last.version):  # It answers already; whoever published it was interrupted.
            self.drafts.published(number, revision, self.now())
            return last.version
        if self._menus(draft.base) != self._menus(last.version):
            raise StaleError(f"version {last.version} was published by {last.by or 'a command'} meanwhile", last.by)
        self.eyes(last, by, draft.authors)
        version = self.files(files, by, note, last, draft.owner)
        self.drafts.published(number, revision, self.now())
        return version

    def eyes(self, last: Publication, by: str, authors: tuple[str, ...]) -> None:
        """Raise EyesError where the live menus ask for somebody else than the authors."""
        if by in authors and self.live.of(last.version).hotline.publish == FOUR_EYES:
            raise EyesError(f"somebody else has to publish what {', '.join(authors)} changed")

    def files(self, files: Mapping[str, str], by: str, note: str, last: Publication, author: str = "") -> int:
        """Let files answer after what was live last, with its emergencies that have not ended; return their version."""
        return self.whole(self.carried(files, last), by, note, last, author)

    def carried(self, files: Mapping[str, str], last: Publication) -> dict[str, str]:
        """Return files as they would answer after what was live last: with its emergencies that have not ended."""
        standing = current(self.library.files(last.version), self.now(), self.live.of(last.version).zone)
        return without(files) | {name: text for name, text in standing.items() if name == APART}

    def whole(self, files: Mapping[str, str], by: str, note: str, last: Publication, author: str = "") -> int:
        """Let files answer after what was live last, emergencies and all; return their version."""
        finding = self.gate.look(files, self.now())
        if not finding.holds:
            raise RefusedError(finding)
        proof = json.dumps(finding.figures, ensure_ascii=False)
        version = self.library.keep(files, self.now(), author or by, note, proof)
        if not self.library.publish(version, by, self.now(), note, last.id):
            after = self.last()
            raise StaleError(f"version {after.version} was published by {after.by or 'a command'} meanwhile", after.by)
        self.live.look()
        return version

    def back(self, version: int, by: str, note: str) -> int:
        """Let an older version answer again, with the emergencies of now; return its number, or that of both."""
        return self.files(self.library.files(version), by, note, self.last(), self.library.version(version).author)

    def last(self) -> Publication:
        """Return what answers now."""
        if (last := self.library.live()) is None:
            raise StoreError("nothing was ever published")
        return last

    def _menus(self, version: int) -> dict[str, str]:
        return without(self.library.files(version))


def without(files: Mapping[str, str]) -> dict[str, str]:
    """Return menus without the emergencies."""
    return {name: text for name, text in files.items() if name != APART}
