"""The daily mail: yesterday's figures, each morning, to whoever the settings name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from html import escape
from typing import Final

import structlog

from ivr.flow.flow import Flow
from ivr.jobs.post import Post, PostError
from ivr.reports.catalogue import reports
from ivr.reports.reader import NUMERIC, Reader
from ivr.reports.report import Asked, Made, Table, Words
from ivr.reports.tallies import Tallies
from ivr.store.mails import Mails

SHOWN: Final = ("service-level", "queues", "matters", "agents")
SUBJECT: Final = Words(
    "热线日报 {day}：服务水平 {level}，进线 {offered}，放弃 {abandoned}",
    "Hotline on {day}: service level {level}, {offered} offered, {abandoned} abandoned",
)
WEEK_AGO: Final = Words("上周同日 {value}", "a week ago {value}")
OPEN: Final = Words("在线查看", "open")
TOTAL: Final = Words("合计", "Total")
STYLE: Final = {
    "body": "font-family:sans-serif;color:#1d2328",
    "table": "border-collapse:collapse;margin:0 0 20px",
    "cell": "white-space:nowrap;padding:4px 10px;border-bottom:1px solid #d8dcdf;text-align:",
}
WEEK: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Letter:
    """To whom the mail goes, from whom, at which hour of the hotline's clock, in which language (zh, en)."""

    sender: str
    to: tuple[str, ...]
    at: time
    language: str


@dataclass(frozen=True, slots=True)
class Daily:
    """Mails the report of each day once, on the morning after; `url` is where its pages are."""

    mails: Mails
    tallies: Tallies
    flow: Callable[[], Flow]
    now: Callable[[], datetime]
    url: str
    letter: Letter
    post: Post = field(repr=False)

    def due(self) -> list[str]:
        """Return the day to be mailed now, if any: yesterday, from the hour on."""
        here = self.now().astimezone(self.tallies.zone)
        day = (here.date() - DAY).isoformat()
        # Figures that are just being counted are waited for.
        ready = here.time() >= self.letter.at and not self.tallies.pending(here.date() - DAY, here.date() - DAY)
        return [day] if ready and self.mails.due(day, self.now()) else []

    def send(self, day: str) -> None:
        """Mail the report of this day; where it does not go, it is due again later, until it is given up."""
        tries = self.mails.claim(day, self.now())
        if tries is None:
            return
        try:
            self.post.send(self.mail(date.fromisoformat(day)))
        except PostError as error:
            again = self.mails.failed(day, tries, self.now())
            log.warning("daily mail not sent", day=day, why=str(error), again=again)
        else:
            self.mails.sent(day)

    def mail(self, day: date) -> EmailMessage:
        """Return the mail for a day."""
        reader = Reader(self.flow(), self.letter.language, {})
        made, before = self._made(day), self._made(day - WEEK, SHOWN[:1])[SHOWN[0]]
        level, offered, _, abandoned = (reader.written(cell.value, unit) for _, unit, cell in made[SHOWN[0]].marks)
        mail = EmailMessage()
        mail["Subject"] = reader.said(SUBJECT).format(day=day, level=level, offered=offered, abandoned=abandoned)
        mail["From"], mail["To"] = self.letter.sender, ", ".join(self.letter.to)
        mail["Date"] = format_datetime(self.now())
        mail["Message-ID"] = make_msgid(domain=self.letter.sender.rpartition("@")[2])
        mail.set_content("\n".join(self._text(reader, day, made, before)))
        mail.add_alternative("".join(self._html(reader, day, made, before)), subtype="html")
        return mail

    def _made(self, day: date, names: Sequence[str] = SHOWN) -> dict[str, Made]:
        found = {}
        for name in names:
            chosen = {one.name: next(iter(one.options)) for one in reports()[name].choices}
            found[name] = reports()[name].make(Asked(self.tallies, self.flow(), day, day, chosen))
        return found

    def _address(self, name: str, day: date) -> str:
        return f"{self.url}/desk/reports/{name}?since={day}&until={day}"

    def _text(self, reader: Reader, day: date, made: dict[str, Made], before: Made) -> Iterator[str]:
        for words, now, then in _marks(reader, made[SHOWN[0]], before):
            yield f"{words}: {now} ({then})"
        for name, one in made.items():
            yield from ("", f"{reader.said(reports()[name].title)}: {self._address(name, day)}")
            for row in _rows(reader, one.tables[0]):
                yield "  ".join(text for text, _ in row)

    def _html(self, reader: Reader, day: date, made: dict[str, Made], before: Made) -> Iterator[str]:
        yield f'<!doctype html><html lang="{reader.language}"><body style="{STYLE["body"]}"><p>'
        for words, now, then in _marks(reader, made[SHOWN[0]], before):
            yield f"{escape(words)} <b>{escape(now)}</b> ({escape(then)})<br>"
        yield "</p>"
        for name, one in made.items():
            title = escape(reader.said(reports()[name].title))
            yield f'<h3>{title} <a href="{escape(self._address(name, day))}">{escape(reader.said(OPEN))}</a></h3>'
            yield f'<table style="{STYLE["table"]}">'
            for row in _rows(reader, one.tables[0]):
                cells = (f'<td style="{STYLE["cell"]}{side}">{escape(text)}</td>' for text, side in row)
                yield f"<tr>{''.join(cells)}</tr>"
            yield "</table>"
        yield "</body></html>"


def _marks(reader: Reader, made: Made, before: Made) -> Iterator[tuple[str, str, str]]:
    """Yield the figures to be seen at first sight: their words, their value, and what it was a week ago."""
    for (words, unit, cell), (_, _, then) in zip(made.marks, before.marks, strict=True):
        ago = reader.said(WEEK_AGO).format(value=reader.written(then.value, unit))
        yield reader.said(words), reader.written(cell.value, unit), ago


def _rows(reader: Reader, table: Table) -> Iterator[list[tuple[str, str]]]:
    """Yield the rows of a table, its head and total among them: each cell's text and the side on which it stands."""
    sides = ["right" if one.unit in NUMERIC else "left" for one in table.columns]
    yield [(reader.said(one.words), side) for one, side in zip(table.columns, sides, strict=True)]
    units = [one.unit for one in table.columns]
    for row in table.rows:
        texts = (reader.written(cell.value, unit) for cell, unit in zip(row, units, strict=True))
        yield list(zip(texts, sides, strict=True))
    if table.total:
        texts = (reader.written(cell.value, unit) for cell, unit in zip(table.total, units[1:], strict=True))
        yield list(zip((reader.said(TOTAL), *texts), sides, strict=True))
