"""Notices by mail and webhook: what is worth one is looked for, written down, and told until it is taken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, Final

import structlog

from ivr.desk.keeping import Desk, Place
from ivr.flow.flow import Flow
from ivr.jobs.post import Post, PostError
from ivr.jobs.webhook import Webhook, WebhookError
from ivr.jobs.worker import Worker
from ivr.store.notices import Notice, Notices

WEBHOOK: Final = "webhook"
LATELY: Final = timedelta(days=1)  # What was left before is no news, even where nobody was told.
STUBBORN: Final = 5  # So often in a row a job has failed by then.
SUBJECTS: Final = {
    "zh": {
        "message": "热线：收件箱有新留言（{queue}）",
        "overdue": "热线：留言已逾期未处理（{queue}）",
        "emergency": "热线：已宣布紧急情况（{what}）",
        "nobody": "热线：有人排队，但无人在线（{queue}）",
        "spool": "热线：{count} 条记录尚未写入数据库",
        "job": "热线：后台任务连续失败（{job}）",
    },
    "en": {
        "message": "Hotline: a message in the inbox ({queue})",
        "overdue": "Hotline: a message is overdue ({queue})",
        "emergency": "Hotline: an emergency was declared ({what})",
        "nobody": "Hotline: somebody waits, and nobody is on ({queue})",
        "spool": "Hotline: {count} facts are not in the database yet",
        "job": "Hotline: a job fails again and again ({job})",
    },
}
KINDS: Final = tuple(SUBJECTS["en"])
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who is told of what: addresses with their kinds of notices, and whether a webhook is."""

    mails: Mapping[str, Sequence[str]]
    webhook: bool

    def of(self, kind: str) -> list[str]:
        """Return who is told of this kind."""
        return [one for one, kinds in self.mails.items() if kind in kinds] + [WEBHOOK] * self.webhook


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks for what is worth a notice; `spooled` says how many facts wait, `workers` are who do the jobs."""

    notices: Notices
    desk: Desk
    flow: Callable[[], Flow]
    spooled: Callable[[], int]
    workers: Mapping[str, Worker[Any]]
    recipients: Recipients
    url: str

    def look(self) -> None:
        """Have everybody told of what is so now, and was not told of yet."""
        now = self.desk.now()
        found = {of: (kind, told) for of, kind, told in self._found(now)}
        for of in found.keys() - self.notices.known(found):
            kind, told = found[of]
            self.notices.add(of, kind, {"kind": kind, "at": now.isoformat(), **told}, self.recipients.of(kind), now)

    def _found(self, now: datetime) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield what each is about, its kind, and what it tells."""
        hour = f"{now:%Y-%m-%dT%H}"  # What goes on is told again each hour.
        for place in self.desk.inbox.work():
            if place.kind == "message":
                yield from self._message(place, now)
        for one in self.flow().emergencies:
            if one.on(now):
                told = {"what": one.kind, "queues": one.queues, "until": one.end.isoformat(), "by": one.by}
                yield f"emergency {one.kind} {one.start.isoformat()} {' '.join(one.queues)}"[:160], "emergency", told
        for queue, callers in self._alone().items():
            yield f"nobody {queue} {hour}", "nobody", {"queue": queue, "callers": callers}
        if spooled := self.spooled():
            yield f"spool {hour}", "spool", {"count": spooled}
        for name, worker in self.workers.items():
            if worker.failures >= STUBBORN:
                yield f"job {name} {hour}", "job", {"job": name, "failures": worker.failures}

    def _message(self, place: Place, now: datetime) -> Iterator[tuple[str, str, dict[str, Any]]]:
        told = {"place": place.id, "queue": place.queue, "matter": place.matter, "url": f"{self.url}/desk/inbox"}
        if place.joined_at > now - LATELY:
            yield f"message {place.id}", "message", told
        if place.due_at and place.due_at < now:
            yield f"overdue {place.id}", "overdue", told | {"due": place.due_at.isoformat()}

    def _alone(self) -> dict[str, int]:
        """Return how many wait on the phone in queues for which nobody is on."""
        on = {skill for agent in self.desk.agents() if agent.state != "offline" for skill in agent.skills}
        waiting = [one.queue for one in self.desk.waiting() if one.kind == "call" and one.state == "waiting"]
        return {queue: waiting.count(queue) for queue in sorted(set(waiting)) if f"queue:{queue}" not in on}


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells what was found: by mail from `sender`, in a language (zh, en), or to the webhook."""

    notices: Notices
    now: Callable[[], datetime]
    webhook: Webhook | None
    post: Post | None
    sender: str
    language: str

    def due(self) -> list[str]:
        """Return the ids of the notices whose time has come."""
        return self.notices.due(self.now())

    def tell(self, notice_id: str) -> None:
        """Tell one; where it is not taken it is due again later, until it is given up."""
        if (notice := self.notices.claim(notice_id, self.now())) is None:
            return
        try:
            self._told(notice)
        except (WebhookError, PostError) as error:
            again = self.notices.failed(notice, str(error), self.now())
            log.warning("notice not taken", notice=notice.id, kind=notice.kind, why=str(error), again=again)
        else:
            self.notices.sent(notice.id)

    def _told(self, notice: Notice) -> None:
        if notice.to == WEBHOOK:
            if self.webhook is None:
                raise WebhookError("NOTICE_URL is not set any more")
            self.webhook.tell(notice.id, int(self.now().timestamp()), {"id": notice.id, **notice.told})
        elif self.post is None:
            raise PostError("MAIL_URL is not set any more")
        else:
            self.post.send(self._mail(notice))

    def _mail(self, notice: Notice) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = SUBJECTS[self.language][notice.kind].format(**notice.told)
        mail["From"], mail["To"] = self.sender, notice.to
        mail["Date"] = format_datetime(self.now())
        mail["Message-ID"] = make_msgid(notice.id, self.sender.rpartition("@")[2])
        mail.set_content("\n".join(f"{name}: {value}" for name, value in notice.told.items()))
        return mail
