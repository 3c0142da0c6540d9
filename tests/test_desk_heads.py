"""A dispatch reads the heads of the line only, and matches as if it had read all of it."""

import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from ivr.desk.agents import free
from ivr.desk.heads import heads
from ivr.desk.keeping import RULES
from ivr.desk.line import Match, match
from ivr.desk.places import entry, standings
from ivr.store.desk_tables import agents, line
from ivr.store.journal import Journal
from tests.desks import TEN, Office

LANGUAGES = ("zh-CN", "en-US")
QUEUES = ("general", "fraud", "payments")
SEED = 20261124


@pytest.fixture
def office(engine: Engine, journal: Journal) -> Office:
    """Return a desk without agents."""
    return Office(engine, journal)


def wander(made: Office, chance: random.Random, many: int) -> None:
    """Fill the line with people of all kinds, and give some of them something special."""
    for number in range(many):
        queue, rank = chance.choice(QUEUES), chance.choice((1, 2, 3))
        place = made.queued(queue, f"+8613{number:09d}", priority=rank)
        special = {
            "front": TEN - timedelta(seconds=chance.randrange(900)),
            "missed_by": json.dumps([chance.choice(("alice", "bob"))]),
            "wants": chance.choice(("alice", "carol")),
            "owner": "bob",
            "level": 2,
            "kind": "callback",
        }
        told = {name: special[name] for name in special if chance.random() < 0.05}
        told |= {"since": TEN - timedelta(seconds=chance.randrange(900)), "language": chance.choice(LANGUAGES)}
        with made.engine.begin() as connection:
            connection.execute(update(line).where(line.c.id == place.id).values(told))


def hire(made: Office, chance: random.Random, many: int) -> None:
    """Have agents of different skills be available."""
    for name in ("alice", "bob", "carol")[:many]:
        skills = {f"queue:{queue}" for queue in QUEUES if chance.random() < 0.7}
        skills |= {f"language:{language}" for language in LANGUAGES if chance.random() < 0.8}
        made.hire(name, level=chance.choice((1, 1, 2)), skills=frozenset(skills))


def told(matches: list[Match]) -> list[tuple[str, str]]:
    return [(made.entry.id, made.agent.id) for made in matches]


@pytest.mark.parametrize("number", range(6))
def test_a_match_of_the_heads_is_a_match_of_the_whole_line(office: Office, number: int) -> None:
    chance = random.Random(SEED + number)
    wander(office, chance, 60)
    hire(office, chance, number % 3 + 1)
    with office.engine.connect() as connection:
        found = connection.execute(select(agents).where(agents.c.state == "available")).mappings().all()
        everybody = [entry(row) for row in connection.execute(standings().where(line.c.state == "waiting")).all()]
        first = heads(connection, len(found), office.clock(), lambda _: True)
    assert len(first) < len(everybody)
    able = [free(one) for one in found]
    right = told(match(everybody, able, RULES, office.clock()))
    assert right
    assert told(match(first, able, RULES, office.clock())) == right


def test_a_call_back_is_no_head_while_its_queue_is_closed(office: Office) -> None:
    office.asks_back(office.queued("fraud"))
    office.queued("general")
    with office.engine.connect() as connection:
        now = office.clock()
        assert [one.kind for one in heads(connection, 3, now, lambda queue: queue != "fraud")] == ["call"]
        assert sorted(one.kind for one in heads(connection, 3, now, lambda _: True)) == ["call", "callback"]
