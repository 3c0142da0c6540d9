"""The command that does yesterday's calls again in other menus."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ivr import folders
from ivr.console.texts_wallet import asked
from ivr.editor.publishing import Publishing
from ivr.editor.replaying import Again, Finding
from ivr.editor.sides import nameless, rows
from ivr.editor.yesterday import Sum, Yesterday
from ivr.flow.flow import Flow
from ivr.flow.replay.course import SHOWN, Lost
from ivr.store.recorded import call

if TYPE_CHECKING:
    from ivr.editor.commands import Files

DAY: Final = click.DateTime(["%Y-%m-%d"])
SORTS: Final = {
    "cut off": "are cut off",
    "lost": "cannot be followed to their end",
    "outcome": "come to something else",
    "way": "take another way",
    "words": "hear other words",
}
LOST: Final = {
    "choice": "{place} offers no “{words}”, nor does a menu near it",
    "several": "“{words}” is not at {place}, but in several places as near",
    "keyed": "{place} does not ask for what was keyed",
    "answer": "{place} waits for what the recording has no answer to",
    "asked": "{place} asks the wallet what the recording has no answer to: {words}",
    "breaks": "the menus break off at {place}: {words}",
}


def replaying(menus: click.Group, files: "Files", publishing: Publishing, yesterday: Yesterday) -> None:
    """Add the command."""

    @menus.command("replay")
    @click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
    @click.option("--draft", type=int, help="In this draft of the editor, instead of a folder.")
    @click.option("--since", type=DAY, help="From this day on; yesterday, if not given.")
    @click.option("--until", type=DAY, help="To the end of this day; that of --since, if not given.")
    @click.option("--show", default=3, show_default=True, type=click.IntRange(0, 1000), help="So many, side by side.")
    def replay(
        folder: Path | None, draft: int | None, since: datetime | None, until: datetime | None, show: int
    ) -> None:
        """Do the calls of some days again in other menus, and say which go differently; nobody hears of it."""
        try:
            texts = folders.menus(folder or files.folder) if draft is None else publishing.drafts.files(draft)
        except KeyError:
            raise click.ClickException(f"there is no draft {draft}") from None
        flow, problems = files.read(texts)
        if flow is None:
            raise click.ClickException("\n".join(map(str, problems)))
        began, ends = _days(publishing, since, until)
        found = _gone_through(yesterday, texts, began, ends)
        click.echo("\n".join(_told(found)))
        again = Again(publishing.library, texts)
        for one in sorted(found.findings, key=lambda one: SHOWN.index(one.sort))[:show]:
            click.echo("\n".join(_shown(yesterday, again, flow, one)))
        raise SystemExit(1 if found.cut_off else 0)


def _days(publishing: Publishing, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    zone = publishing.live.flow.zone
    first = since.date() if since else publishing.now().astimezone(zone).date() - timedelta(days=1)
    last: date = until.date() if until else first
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _gone_through(yesterday: Yesterday, texts: Mapping[str, str], since: datetime, until: datetime) -> Sum:
    calls = yesterday.calls(texts, since, until)
    found = Sum(calls.of)
    with click.progressbar(length=calls.of, label="calls", show_pos=True, file=sys.stderr) as bar:
        for part in calls:
            found.add(part)
            bar.update(part.calls)
    return found


def _told(found: Sum) -> Iterator[str]:
    yield f"of {found.done:,} calls {len(found.findings):,} go differently, {found.cut_off:,} are cut off"
    for sort in SHOWN:
        if number := found.sorts[sort]:
            yield f"  {number:,} {SORTS[sort]}, most of them at {_most(found, sort)}"
    if found.unread:
        yield f"  {found.unread:,} could not be read, or were made with menus that this release does not know"


def _most(found: Sum, sort: str) -> str:
    places = [one.place for one in found.findings if one.sort == sort]
    return Counter(places).most_common(1)[0][0]


def _shown(yesterday: Yesterday, again: Again, flow: Flow, one: Finding) -> Iterator[str]:
    """Yield the lines of a call: what is as it was, what was before (-), and what is now (+)."""
    at = one.started_at.astimezone(flow.zone)
    yield ""
    yield f"call {one.call}, {at:%Y-%m-%d %H:%M}, {SORTS[one.sort]}: {one.seconds:+.0f} s of words, {one.keys:+} keys"
    past, between = call(yesterday.engine, one.call), again.between(one.version)
    if past and past.told and between:
        for row in rows(between.replay(tuple(nameless(between.old, past.told))), flow.base):
            marks = ((" ", row.before),) if not row.differs else (("-", row.before), ("+", row.now))
            yield from (f"  {mark} {line}" for mark, lines in marks for line in lines)
    if one.lost:
        yield f"  ? {_why(one.lost)}"


def _why(lost: Lost) -> str:
    words = asked(lost.words)["en"] if lost.why == "asked" else lost.words
    return LOST[lost.why].format(place=lost.place, words=words)
