"""A process that publishes drafts one after another until it is killed: `python -m tests.faults.publisher URL`."""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from ivr.editor.gate import Finding, Gate
from ivr.editor.publishing import Publishing
from ivr.editor.reading import Here, read
from ivr.flow.flow import Flow
from ivr.store.crypto import Cipher
from ivr.store.drafts import Drafts
from ivr.store.engine import connect
from ivr.store.library import Library
from ivr.store.live import Live
from tests.stores import SECRET

MARKED = ("main.yaml", "languages/en-US.yaml")
MARK = "# mark "
HERE = Here(frozenset(), None, ("+86",))


class Open(Gate):
    """A gate that lets everything pass: how long a proof takes is not what is tried here."""

    def look(self, files: Mapping[str, str], now: datetime) -> Finding:
        """Find nothing."""
        return Finding((), (), {}, 0.0)


def publishing(url: str) -> Publishing:
    """Return how menus are published in a database."""
    engine = connect(url, Cipher([SECRET]))
    library = Library(engine)
    seen: dict[str, Flow] = {}

    def again(files: Mapping[str, str]) -> Flow:
        if not seen:
            flow, problems = read(files, HERE)
            assert flow, problems
            seen[""] = flow
        return seen[""]

    live = Live(library, again)
    last = library.live()
    assert last
    live.switch(last)
    return Publishing(library, Drafts(engine), live, Open(lambda: HERE), lambda: datetime.now(UTC))


def main(url: str, say: Callable[[str], object]) -> None:
    """Publish: each draft marks two files, of which nobody may ever see the one without the other."""
    made = publishing(url)
    say("begun")
    for number in range(10**6):
        base = made.last().version
        files = made.library.files(base)
        draft = made.drafts.begin("sam", base, made.now(), str(number))
        mark = f"{base}/{number}"
        for revision, name in enumerate(MARKED):
            files[name] = f"{files[name].partition(MARK)[0]}{MARK}{mark}\n"
            made.drafts.edit(draft, revision, files, "sam", made.now(), mark)
        made.draft(draft, 2, "sam", mark)
        say(f"published {mark}")


if __name__ == "__main__":
    main(sys.argv[1], partial(print, flush=True))
