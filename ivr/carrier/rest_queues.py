"""Queues and those who wait in them by REST."""

from __future__ import annotations

from flask import Response, request

from ivr.carrier.company import Carrier
from ivr.carrier.queues import CallQueue, Member
from ivr.carrier.rest_shapes import (
    Refused,
    Routes,
    Shape,
    answer,
    date,
    gone,
    int_of,
    missing,
    page,
    path_of,
    request_of,
)
from ivr.carrier.signals import Moved

MOST = 5000


def routes(carrier: Carrier) -> Routes:
    """The routes."""
    return [
        ("/Queues.json", "GET", lambda account: page("queues", [shape(one) for one in carrier.queues.values()])),
        ("/Queues.json", "POST", lambda account: _create(carrier)),
        ("/Queues/<sid>.json", "GET", lambda account, sid: answer(shape(_find(carrier, sid)))),
        ("/Queues/<sid>.json", "POST", lambda account, sid: _update(carrier, _find(carrier, sid))),
        ("/Queues/<sid>.json", "DELETE", lambda account, sid: _delete(carrier, _find(carrier, sid))),
        ("/Queues/<sid>/Members.json", "GET", lambda account, sid: _members(_find(carrier, sid))),
        ("/Queues/<sid>/Members/<call>.json", "GET", lambda account, sid, call: _member(_find(carrier, sid), call)),
        ("/Queues/<sid>/Members/<call>.json", "POST", lambda account, sid, call: _move(_find(carrier, sid), call)),
    ]


def shape(queue: CallQueue) -> Shape:
    """A queue as JSON."""
    account = queue.carrier.account_sid
    uri = path_of(account, "Queues", queue.sid)
    return {
        "sid": queue.sid,
        "account_sid": account,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.most,
        "average_wait_time": queue.average,
        "date_created": date(queue.created),
        "date_updated": date(queue.updated),
        "uri": f"{uri}.json",
        "subresource_uris": {"members": f"{uri}/Members.json"},
    }


def member_shape(queue: CallQueue, member: Member, position: int) -> Shape:
    """One who waits as JSON; position 1 is the first."""
    return {
        "queue_sid": queue.sid,
        "call_sid": member.leg.sid,
        "date_enqueued": date(member.since),
        "position": position,
        "wait_time": queue.waited(member),
        "uri": path_of(queue.carrier.account_sid, "Queues", queue.sid, "Members", f"{member.leg.sid}.json"),
    }


def _find(carrier: Carrier, sid: str) -> CallQueue:
    for queue in list(carrier.queues.values()):
        if queue.sid == sid:
            return queue
    raise missing(request.path)


def _name(carrier: Carrier, but: CallQueue | None = None) -> str:
    name = request.form.get("FriendlyName", "" if but is None else but.name)
    if not 1 <= len(name) <= 64:
        raise Refused(400, 20002, "FriendlyName has 1 to 64 characters")
    if carrier.queues.get(name, but) is not but:
        raise Refused(400, 22003, f"A queue {name} exists already")
    return name


def _most(default: int) -> int:
    most = int_of(request.form.get("MaxSize"), default, 20001)
    if not 1 <= most <= MOST:
        raise Refused(400, 20001, f"MaxSize is 1 to {MOST}")
    return most


def _create(carrier: Carrier) -> Response:
    name, most = _name(carrier), _most(1000)
    queue = carrier.queue(name)
    queue.most = most
    return answer(shape(queue), 201)


def _update(carrier: Carrier, queue: CallQueue) -> Response:
    name = _name(carrier, queue)
    queue.most = _most(queue.most)
    carrier.rename(queue, name)
    return answer(shape(queue))


def _delete(carrier: Carrier, queue: CallQueue) -> Response:
    if queue.members:
        raise Refused(400, 22002, "The queue is not empty")
    carrier.queues.pop(queue.name, None)
    return gone()


def _members(queue: CallQueue) -> Response:
    numbered = enumerate(queue.members, 1)
    return page("queue_members", [member_shape(queue, member, number) for number, member in numbered])


def _one(queue: CallQueue, call: str) -> tuple[Member, int]:
    for number, member in enumerate(queue.members, 1):
        if call in ("Front", member.leg.sid):
            return member, number
    raise missing(request.path)


def _member(queue: CallQueue, call: str) -> Response:
    member, number = _one(queue, call)
    return answer(member_shape(queue, member, number))


def _move(queue: CallQueue, call: str) -> Response:
    member, number = _one(queue, call)
    goal = request_of("Url", "Method")
    if goal is None:
        raise Refused(400, 21205, "Url parameter is required")
    moved = member_shape(queue, member, number)
    queue.carrier.background(lambda: member.leg.signal(Moved(goal)))
    return answer(moved)
