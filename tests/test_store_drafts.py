"""Nothing that people do to the menus is lost, nobody walks over another's draft, and one step changes what is live."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from ivr.store.drafts import Drafts, ForeignError, StaleError
from ivr.store.library import Library
from tests.stores import NOON

FILES = {"main.yaml": "greeting: 您好\n", "hours.yaml": "week: {}\n"}
CHANGED = {"main.yaml": "greeting: 早上好\n", "more.yaml": "a: b\n"}
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def version(engine: Engine) -> int:
    """Return the version that drafts begin from."""
    return Library(engine).keep(FILES, NOON, "ann", "the first")


def test_a_draft_has_the_files_it_was_given_step_by_step(engine: Engine, version: int) -> None:
    drafts = Drafts(engine)
    number = drafts.begin("sam", version, NOON, "spring")
    assert drafts.files(number) == FILES
    assert drafts.edit(number, 0, CHANGED, "sam", LATER, "words") == 1
    assert drafts.files(number) == CHANGED
    assert drafts.files(number, 0) == FILES
    (draft,) = drafts.open()
    assert (draft.id, draft.owner, draft.base, draft.title, draft.revision) == (number, "sam", version, "spring", 1)
    assert (draft.made_at, draft.changed_at, draft.authors) == (NOON, LATER, ("sam",))
    assert [(step.revision, step.what) for step in drafts.steps(number, 9)] == [(1, "words"), (0, "")]


def test_steps_are_undone_and_redone_in_their_order(engine: Engine, version: int) -> None:
    drafts = Drafts(engine)
    number = drafts.begin("sam", version, NOON, "")
    texts = [{"main.yaml": f"{step}\n"} for step in range(4)]
    for step, files in enumerate(texts):
        drafts.edit(number, step, files, "sam", NOON, "")
    at, seen = 4, []
    for _ in range(5):  # One more than there are.
        at = drafts.undo(number, at, "sam", NOON)
        seen.append(drafts.files(number))
    assert seen == [*texts[-2::-1], FILES, FILES]
    assert drafts.step(number).back is None
    seen = []
    for _ in range(5):
        at = drafts.redo(number, at, "sam", NOON)
        seen.append(drafts.files(number))
    assert seen == [*texts, texts[-1]]
    at = drafts.undo(number, drafts.undo(number, at, "sam", NOON), "sam", NOON)
    at = drafts.edit(number, at, CHANGED, "sam", NOON, "")
    assert drafts.redo(number, at, "sam", NOON) == at
    drafts.undo(number, at, "sam", NOON)
    assert drafts.files(number) == texts[1]


def test_a_stale_step_is_refused_and_says_who_was_faster(engine: Engine, version: int) -> None:
    drafts = Drafts(engine)
    number = drafts.begin("sam", version, NOON, "")
    drafts.edit(number, 0, CHANGED, "sam", LATER, "")
    for act in (
        lambda: drafts.edit(number, 0, FILES, "sam", LATER, ""),
        lambda: drafts.undo(number, 9, "sam", LATER),
        lambda: drafts.published(number, 0, LATER),
    ):
        with pytest.raises(StaleError) as caught:
            act()
    assert (caught.value.by, caught.value.revision) == ("sam", 1)
    assert "changed by sam" in str(caught.value)
    assert drafts.files(number) == CHANGED


def test_somebody_elses_draft_is_refused_until_it_is_taken_over(engine: Engine, version: int) -> None:
    drafts = Drafts(engine)
    number = drafts.begin("sam", version, NOON, "")
    drafts.edit(number, 0, CHANGED, "sam", NOON, "")
    with pytest.raises(ForeignError, match="is sam's"):
        drafts.edit(number, 1, FILES, "eve", LATER, "")
    with pytest.raises(ForeignError, match="is sam's"):
        drafts.undo(number, 1, "eve", LATER)
    drafts.take_over(number, "eve", LATER)
    drafts.edit(number, 1, FILES, "eve", LATER, "")
    assert drafts.draft(number).authors == ("eve", "sam")
    assert drafts.files(number, 1) == CHANGED


def test_a_closed_draft_is_changed_no_more_and_none_of_it_is_gone(engine: Engine, version: int) -> None:
    drafts = Drafts(engine)
    number = drafts.begin("sam", version, NOON, "", CHANGED)
    drafts.drop(number, LATER)
    assert drafts.open() == []
    with pytest.raises(StaleError, match="is dropped"):
        drafts.edit(number, 0, FILES, "sam", LATER, "")
    assert drafts.files(number) == CHANGED
    drafts.reopen(number, LATER)
    assert drafts.edit(number, 0, FILES, "sam", LATER, "") == 1
    drafts.published(number, 1, LATER)
    for act in (drafts.drop, drafts.reopen):
        with pytest.raises(StaleError, match="is published"):
            act(number, LATER)
    with pytest.raises(StaleError, match="no draft 99"):
        drafts.drop(99, LATER)
    with pytest.raises(KeyError):
        drafts.draft(99)


def test_a_draft_that_begins_anew_from_another_version_keeps_its_steps(engine: Engine, version: int) -> None:
    drafts, other = Drafts(engine), Library(engine).keep(FILES | {"new.yaml": "c: d\n"}, LATER)
    number = drafts.begin("sam", version, NOON, "")
    drafts.edit(number, 0, CHANGED, "sam", NOON, "")
    assert drafts.rebase(number, 1, other, CHANGED | {"new.yaml": "c: d\n"}, "sam", LATER) == 2
    assert drafts.draft(number).base == other
    assert [drafts.files(number, step) for step in range(3)] == [FILES, CHANGED, CHANGED | {"new.yaml": "c: d\n"}]
    drafts.undo(number, 2, "sam", LATER)
    assert drafts.files(number) == CHANGED


def test_of_steps_taken_at_once_one_is_taken_and_the_others_are_told(engine: Engine, version: int) -> None:
    drafts = Drafts(engine)
    number = drafts.begin("sam", version, NOON, "")

    def edit(tab: int) -> str:
        try:
            drafts.edit(number, 0, {"main.yaml": str(tab)}, "sam", NOON, "")
        except StaleError:
            return ""
        return str(tab)

    with ThreadPoolExecutor(8) as pool:
        taken = [tab for tab in pool.map(edit, range(8)) if tab]
    assert len(taken) == 1
    assert drafts.files(number) == {"main.yaml": taken[0]}


def test_publishing_is_one_step_after_the_one_that_was_seen(engine: Engine, version: int) -> None:
    library = Library(engine)
    assert library.live() is None
    second = library.keep(CHANGED, LATER, "sam", "spring", "{}")
    assert library.publish(version, "ann", NOON, "", None)
    assert not library.publish(second, "sam", LATER, "", None)
    assert library.publish(second, "sam", LATER, "spring", 1)
    assert library.publish(version, "ann", LATER, "back", 2)
    assert [(one.id, one.version, one.by, one.note) for one in library.history(9)] == [
        (3, version, "ann", "back"),
        (2, second, "sam", "spring"),
        (1, version, "ann", ""),
    ]
    assert [one.id for one in library.history(9, before=3)] == [2, 1]
    assert library.version(second).author == "sam"
    assert [one.number for one in library.versions([version, second, 99])] == [second, version]


def test_of_publications_at_once_each_follows_the_one_it_saw(engine: Engine, version: int) -> None:
    library = Library(engine)

    def publish(who: int) -> int:
        last = library.live()
        return library.publish(version, str(who), NOON, "", last.id if last else None)

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(publish, range(40)))
    assert [one.id for one in library.history(99)] == list(range(done, 0, -1))
