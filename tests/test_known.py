"""All that the wallet may be asked and answer has words for agents in both languages, and no gap in them stays open."""

import re
from datetime import UTC, datetime

import pytest

from ivr.console.known import proof
from ivr.console.texts import TEXTS
from ivr.flow.events import Event, Heard, Learned, Waiting
from ivr.flow.identity import BARRED
from ivr.flow.inputs import NotFound
from ivr.flow.questions import HOLDER, LIMITED, NO_ANSWER, QUESTIONS
from ivr.flow.waits import Lookup
from tests.wallet_site import flow

EVERY = [(question, outcome) for question, one in QUESTIONS.items() for outcome in one.outcomes]
GAP = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", TEXTS)
def test_every_question_and_outcome_of_the_catalogue_has_words_for_what_it_tells(language: str) -> None:
    t = TEXTS[language]
    for name, question in QUESTIONS.items():
        assert set(GAP.findall(t[f"ask_{name}"])) <= {*question.about, *question.may}, name
        for outcome, facts in question.outcomes.items():
            # Whose account it is stands with the caller.
            told = set() if facts == HOLDER else set(facts)
            assert set(GAP.findall(t[f"answer_{name}_{outcome}"])) == told, (name, outcome)
        for outcome in set(question.all) - set(question.outcomes):
            assert t[f"answer_{outcome}"], outcome
    assert {f"answer_{name}" for name in NO_ANSWER} < t.keys()


def test_no_words_are_there_for_what_the_wallet_is_not_asked() -> None:
    known = {f"ask_{name}" for name in QUESTIONS} | {f"answer_{name}_{outcome}" for name, outcome in EVERY}
    known |= {"answer_", "answer_slow_act", *(f"answer_{name}" for one in QUESTIONS.values() for name in one.all)}
    for t in TEXTS.values():
        assert {name for name in t if name.startswith(("ask_", "answer_"))} <= known | {"ask_first", "ask_about"}


@pytest.mark.parametrize(
    ("learned", "by"),
    [
        ((Learned(BARRED, "pin"),), "none"),
        ((Learned(BARRED, "code"),), "none"),
        ((Learned(BARRED, "pin"), Learned(BARRED, "pin code")), "limited"),
        ((), "limited"),  # A call of before one way led to the other, which the first limit refused.
    ],
)
def test_refused_is_who_has_no_way_left(learned: tuple[Event, ...], by: str) -> None:
    limited = Heard(NotFound(LIMITED), datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    told = proof(flow(), (Waiting(Lookup("check_pin", (("who", "8800000001"),)), 4), limited, *learned))
    assert told
    assert told.by == by
