"""A server that is killed while it publishes leaves whole menus live, and the draft as it was or published."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from random import Random

from ivr.folders import menus
from ivr.store.crypto import Cipher
from ivr.store.drafts import Drafts
from ivr.store.engine import connect
from ivr.store.library import Library
from tests.faults.publisher import MARK, MARKED, main, publishing
from tests.processes import APART
from tests.stores import NOON, SECRET
from tests.world import ROOT

KILLS = int(os.environ.get("PUBLISHER_KILLS", "6"))
SEED = int(os.environ.get("SEED", "6"))


def told(files: dict[str, str]) -> tuple[str, str]:
    """Return the marks of the two files that belong together."""
    one, two = (files[name].partition(MARK)[2] for name in MARKED)
    return one, two


def said(ours: Connection) -> Iterator[str]:
    """Yield all that a killed process said before."""
    with ours, suppress(EOFError):
        while True:
            yield ours.recv()


def test_a_killed_publisher_leaves_no_half_menus_and_loses_no_draft(database: str) -> None:
    engine, chance = connect(database, Cipher([SECRET])), Random(SEED)
    library, drafts = Library(engine), Drafts(engine)
    assert library.publish(library.keep(menus(ROOT / "menus"), NOON), "", NOON, "", None)
    published = 0
    for _ in range(KILLS):
        ours, theirs = APART.Pipe(duplex=False)
        process = APART.Process(target=main, args=(database, theirs.send))
        process.start()
        theirs.close()
        assert ours.recv() == "begun"
        time.sleep(chance.uniform(0, 0.25))  # The moment is what is tried; whatever it hits must be whole.
        process.kill()
        process.join()
        lines = [line.split() for line in said(ours)]
        done = [mark for first, mark, *_ in lines if first == "published"]
        published += len(done)
        last = library.live()
        assert last
        one, two = told(library.files(last.version))
        assert one == two, "half of the menus are live"
        marks = {publication.note for publication in library.history(10_000)}
        assert set(done) <= marks, "what was said to be published is not"
        for draft in drafts.open():
            assert len(drafts.steps(draft.id, 9)) == draft.revision + 1
        again(database)
    print(f"{KILLS} kills amid {published} publications: whole menus each time")
    engine.dispose()


def again(database: str) -> None:
    """Publish what the killed one left: once it answers already, that is said, and not done again."""
    made = publishing(database)
    for draft in made.drafts.open():
        before = made.last()
        if draft.base == before.version and draft.revision == 2:
            made.draft(draft.id, 2, "sam", made.drafts.step(draft.id).what)
        elif draft.revision == 2 and told(made.drafts.files(draft.id)) == told(made.library.files(before.version)):
            assert made.draft(draft.id, 2, "sam", "") == before.version
            assert made.last() == before
    made.library._engine.dispose()
