"""Where prompts of a draft are spoken: a sound is made and kept first, then the draft's manifest names it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ivr import folders
from ivr.editor.manifest import keep, with_spoken, without_spoken
from ivr.editor.prompt_rows import Sheet, sheet
from ivr.editor.sound import spoken
from ivr.flow.flow import Spoken
from ivr.flow.problem import Problem
from ivr.flow.spoken import Line
from ivr.store.drafts import Drafts, ForeignError

ABLE: Final = ("voice", "recorded", "outdated", "lost")


class PromptError(LookupError):
    """There is no such prompt, or it cannot be recorded."""


@dataclass(frozen=True, slots=True)
class Booth:
    """The drafts, and the folder of all recordings."""

    drafts: Drafts
    recordings: Path
    now: Callable[[], datetime]

    def sheet(self, number: int) -> tuple[Sheet | None, list[Problem]]:
        """Return a draft's prompts, or why they cannot be told; raise KeyError for a draft that never was."""
        return sheet(self.drafts.files(number), folders.prompts(self.recordings))

    def line(self, number: int, name: str, *more: str) -> Line:
        """Return a prompt that can be recorded, or is in one of some more states; raise PromptError, KeyError."""
        found, _ = self.sheet(number)
        line = found.line(name) if found else None
        if line is None or line.state not in (*ABLE, *more):
            raise PromptError(name)
        return line

    def record(self, number: int, revision: int, name: str, data: bytes, by: str) -> int:
        """Have a prompt be spoken as in this file; return the draft's new revision.

        Raise PromptError, SoundError, StaleError, ForeignError, KeyError.
        """
        line = self.line(number, name)
        self._own(number, by)
        made = Spoken(file=keep(self.recordings, spoken(data)), words=line.words)
        return self._edit(number, revision, by, f"record {name}", lambda files: with_spoken(files, name, made))

    def remove(self, number: int, revision: int, name: str, by: str) -> int:
        """Let the voice speak a prompt again; return the draft's new revision. The sound stays, as versions name it.

        Raise PromptError, StaleError, ForeignError, KeyError.
        """
        self.line(number, name, "orphan")
        return self._edit(number, revision, by, f"remove {name}", lambda files: without_spoken(files, name))

    def _own(self, number: int, by: str) -> None:
        """Raise ForeignError before a sound is made for somebody else's draft, though the edit would refuse it, too."""
        if (owner := self.drafts.draft(number).owner) != by:
            raise ForeignError(f"draft {number} is {owner}'s")

    def _edit(
        self, number: int, revision: int, by: str, what: str, change: Callable[[Mapping[str, str]], dict[str, str]]
    ) -> int:
        files = change(self.drafts.files(number, revision))
        return self.drafts.edit(number, revision, files, by, self.now(), what)
