"""What the hotline asks the wallet, and all that it may answer: each outcome is one of a closed list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.flow.inputs import Found, Input, NotFound

UNAVAILABLE: Final = "unavailable"  # The wallet could not answer.
SLOW: Final = "slow"  # It did not answer in time; what was asked of it may have been done.
LIMITED: Final = "limited"  # Too much was tried, by this caller or on this account, so it was not asked.
NO_ANSWER: Final = (UNAVAILABLE, SLOW)
Facts = Mapping[str, str]
NONE: Final[Facts] = {}


@dataclass(frozen=True, slots=True)
class Question:
    """A question: the facts of the call that it is about, and by each outcome the facts that come with it.

    Facts are told with what they are (a sort of `words.SUITING`); those of `may` are asked about where they are known.
    What is `proven` is only asked about who has proven who they are; `guarded` is what a stranger may guess by, so that
    it is limited; who `acts` has it done once, however often it is asked under one id.
    """

    about: tuple[str, ...]
    outcomes: Mapping[str, Facts]
    may: tuple[str, ...] = ()
    proven: bool = False
    guarded: bool = False
    acts: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        """Every outcome, those of no answer last: an exit each."""
        return (*self.outcomes, *((LIMITED,) if self.guarded else ()), *NO_ANSWER)


HOLDER: Final[Facts] = {"holder": "digits", "registered": "phone"}
PAYMENT: Final[Facts] = {"paid": "amount", "paid_on": "date"}
LIMITS: Final[Facts] = {"asked": "amount", "once": "amount", "daily": "amount"}
QUESTIONS: Final[Mapping[str, Question]] = {
    # Who calls: `who` is an account number or a registered phone as it was keyed, `holder` the account's number, and
    # `registered` its phone in E.164. An unknown `who` is answered as a wrong key is.
    "account": Question(("who",), {"found": HOLDER, "unknown": NONE}),
    "check_pin": Question(("who", "pin"), {"right": HOLDER, "wrong": NONE}, guarded=True),
    "send_code": Question(("who",), {"sent": NONE}, may=("language",), guarded=True, acts=True),
    "check_code": Question(("who", "code"), {"right": HOLDER, "wrong": NONE}, guarded=True, acts=True),
    # Whether the account is frozen, and why: too many wrong passwords, risk control, a breach of the terms, a hold that
    # its holder asked for.
    "freeze_reason": Question(
        ("holder",),
        {"none": NONE, "attempts": {"until": "moment"}, "risk": NONE, "breach": NONE, "held": {"until": "moment"}},
        proven=True,
    ),
    # The nth last payment that failed, 1 being the last, and why.
    "failed_payment": Question(
        ("holder", "nth"),
        {
            "balance": PAYMENT,
            "limit": PAYMENT,
            "network": PAYMENT,
            "merchant": PAYMENT,
            "card": PAYMENT,
            "none": NONE,
        },
        proven=True,
    ),
    # Where the money of a payment is: with the recipient, still on its way, on its way back, back.
    "payment": Question(
        ("holder", "payment"),
        {"credited": PAYMENT, "pending": PAYMENT, "returning": PAYMENT, "returned": PAYMENT, "unknown": NONE},
        proven=True,
    ),
    # A top-up by when and how much: in the wallet, still with the bank, sent back to the card, failed.
    "topup": Question(
        ("holder", "day", "amount"),
        {"credited": NONE, "pending": NONE, "returned": NONE, "failed": NONE, "unknown": NONE},
        proven=True,
    ),
    # The last withdrawal: what became of it, or why it failed, with the limits that apply.
    "withdrawal": Question(
        ("holder",),
        {
            "paid": {"asked": "amount"},
            "pending": {"asked": "amount"},
            "identity": NONE,
            "over_once": LIMITS,
            "over_day": LIMITS,
            "frozen": NONE,
            "inactive": NONE,
            "channel": {"asked": "amount"},
            "none": NONE,
        },
        proven=True,
    ),
    "refund": Question(
        ("holder", "order"),
        {
            "paid": {"refunded": "amount", "refunded_on": "date"},
            "pending": {"refunded": "amount"},
            "refused": NONE,
            "none": NONE,
            "unknown": NONE,
        },
        proven=True,
    ),
    # Take back a payment that is still on its way.
    "cancel": Question(
        ("holder", "order"),
        {"cancelled": {"paid": "amount"}, "late": NONE, "unknown": NONE},
        proven=True,
        acts=True,
    ),
    # The nth subscription that still runs, and the end of one.
    "subscription": Question(
        ("holder", "nth"), {"found": {"subscription": "digits", "price": "amount"}, "none": NONE}, proven=True
    ),
    "unsubscribe": Question(("holder", "subscription"), {"ended": NONE, "unknown": NONE}, proven=True, acts=True),
    # A case about the call's matter; the one that is open about the same already.
    "open_case": Question(
        ("holder",),
        {"opened": {"case": "digits"}, "open": {"case": "digits"}},
        may=("matter", "payment", "order", "day", "amount"),
        proven=True,
        acts=True,
    ),
    # A temporary hold, with its receipt and until when it lasts unless its holder proves more; one that was there
    # already; none, as the account had too many.
    "freeze": Question(
        ("holder",),
        {
            "frozen": {"hold": "digits", "until": "moment"},
            "already": {"hold": "digits", "until": "moment"},
            "capped": NONE,
        },
        proven=True,
        acts=True,
    ),
    # Whether a number or code that somebody was called or written by is ours.
    "ours": Question(("suspect",), {"yes": NONE, "no": NONE, "unknown": NONE}),
}
# Believable facts by what they are, for walking all ways.
SAMPLES: Final[Mapping[str, str]] = {
    "digits": "8800000001",
    "phone": "+8613800138000",
    "amount": "12800",
    "date": "2026-03-05",
    "moment": "2026-03-05T10:00:00+08:00",
}


def outcome(heard: Input) -> tuple[str, Facts]:
    """Return which outcome an answer is, with its facts; what is no answer of the wallet's is that there is none."""
    match heard:
        case Found(facts, came):
            return came, facts
        case NotFound(why):
            return why, NONE
    return UNAVAILABLE, NONE


def answers(question: str) -> tuple[Found | NotFound, ...]:
    """Return each answer that there may be to a question, one of each outcome, with believable facts."""
    asked = QUESTIONS[question]
    found = (Found(_sample(facts), came) for came, facts in asked.outcomes.items())
    return (*found, *(NotFound(why) for why in asked.all if why not in asked.outcomes))


def _sample(sorts: Facts) -> Facts:
    return {name: SAMPLES[sort] for name, sort in sorts.items()}
