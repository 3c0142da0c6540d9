"""What is asked of a wallet in tests, and each outcome of each question by the demo wallet's accounts."""

from datetime import UTC, date, datetime
from typing import Final

from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import QUESTIONS
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.wallets.demo.accounts import CODE, PIN
from ivr.wallets.port import Wallet

KEY: Final = "a secret of thirty-two letters and more"
NOON: Final = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)  # noon in Shanghai
FIRST: Final = "8800000001"
PHONE: Final = "+8613800138000"
HOLDER: Final = {"holder": FIRST, "registered": PHONE}
TOLD: Final = {"who": FIRST, "pin": Secret(PIN), "code": Secret(CODE), "nth": "1", "payment": "100000000001"} | {
    "order": "100000000002",
    "day": "2026-02-28",
    "amount": "12800",
    "subscription": "10000001",
    "matter": "payments",
    "suspect": "95000",
}
# An account (its last two digits), a question, what else it is about, and the facts of the answer by their names; where
# a fact is not known beforehand, its name alone. Later ones may build on what earlier ones did.
OUTCOMES: Final[tuple[tuple[str, str, dict[str, str | Secret], str, dict[str, str | None]], ...]] = (
    ("01", "account", {}, "found", {**HOLDER}),
    ("01", "account", {"who": "13800138000"}, "found", {**HOLDER}),
    ("01", "account", {"who": PHONE}, "found", {**HOLDER}),
    ("01", "account", {"who": "8800000099"}, "unknown", {}),
    ("01", "check_pin", {}, "right", {**HOLDER}),
    ("01", "check_pin", {"pin": Secret("246811")}, "wrong", {}),
    ("01", "check_pin", {"who": "8800000099"}, "wrong", {}),
    ("01", "check_code", {}, "wrong", {}),
    ("01", "send_code", {"who": "8800000099"}, "sent", {}),
    ("01", "check_code", {"who": "8800000099"}, "wrong", {}),
    ("01", "send_code", {}, "sent", {}),
    ("01", "check_code", {"who": "13800138000"}, "right", {**HOLDER}),
    ("01", "check_code", {}, "wrong", {}),
    ("01", "freeze_reason", {}, "none", {}),
    ("03", "freeze_reason", {}, "attempts", {"until": "2026-03-03T18:00:00+08:00"}),
    ("04", "freeze_reason", {}, "risk", {}),
    ("05", "freeze_reason", {}, "breach", {}),
    ("06", "freeze_reason", {}, "held", {"until": "2026-03-04T18:00:00+08:00"}),
    ("02", "failed_payment", {"nth": "1"}, "balance", {"paid": "5200", "paid_on": "2026-03-01"}),
    ("02", "failed_payment", {"nth": "2"}, "limit", {"paid": "300000", "paid_on": "2026-02-28"}),
    ("02", "failed_payment", {"nth": "3"}, "network", {"paid": "8850", "paid_on": "2026-02-27"}),
    ("02", "failed_payment", {"nth": "4"}, "merchant", {"paid": "12990", "paid_on": "2026-02-25"}),
    ("02", "failed_payment", {"nth": "5"}, "card", {"paid": "64900", "paid_on": "2026-02-21"}),
    ("02", "failed_payment", {"nth": "6"}, "none", {}),
    ("01", "failed_payment", {}, "none", {}),
    ("01", "payment", {}, "credited", {"paid": "4560", "paid_on": "2026-02-27"}),
    ("07", "payment", {"payment": "700000000001"}, "credited", {"paid": "20000", "paid_on": "2026-02-26"}),
    ("07", "payment", {"payment": "700000000002"}, "pending", {"paid": "35000", "paid_on": "2026-03-01"}),
    ("07", "payment", {"payment": "700000000003"}, "returning", {"paid": "9900", "paid_on": "2026-02-28"}),
    ("07", "payment", {"payment": "700000000004"}, "returned", {"paid": "128800", "paid_on": "2026-02-24"}),
    ("01", "payment", {"payment": "700000000001"}, "unknown", {}),
    ("01", "topup", {}, "credited", {}),
    ("08", "topup", {"amount": "12800"}, "credited", {}),
    ("08", "topup", {"amount": "12900"}, "pending", {}),
    ("08", "topup", {"amount": "13000"}, "returned", {}),
    ("08", "topup", {"amount": "13100"}, "failed", {}),
    ("08", "topup", {"amount": "13100", "day": "2026-03-01"}, "unknown", {}),
    ("01", "withdrawal", {}, "paid", {"asked": "50000"}),
    ("09", "withdrawal", {}, "pending", {"asked": "60000"}),
    ("10", "withdrawal", {}, "identity", {}),
    ("11", "withdrawal", {}, "over_once", {"asked": "6000000", "once": "5000000", "daily": "20000000"}),
    ("12", "withdrawal", {}, "over_day", {"asked": "3000000", "once": "5000000", "daily": "20000000"}),
    ("04", "withdrawal", {}, "frozen", {}),
    ("13", "withdrawal", {}, "inactive", {}),
    ("14", "withdrawal", {}, "channel", {"asked": "70000"}),
    ("15", "withdrawal", {}, "none", {}),
    ("01", "refund", {}, "paid", {"refunded": "15900", "refunded_on": "2026-02-28"}),
    ("16", "refund", {"order": "160000000002"}, "pending", {"refunded": "23900"}),
    ("16", "refund", {"order": "160000000003"}, "refused", {}),
    ("16", "refund", {"order": "160000000004"}, "none", {}),
    ("16", "refund", {"order": "100000000002"}, "unknown", {}),
    ("16", "cancel", {"order": "160000000005"}, "cancelled", {"paid": "19900"}),
    ("16", "refund", {"order": "160000000005"}, "pending", {"refunded": "19900"}),
    ("16", "cancel", {"order": "160000000001"}, "late", {}),
    ("16", "cancel", {"order": "100000000002"}, "unknown", {}),
    ("01", "subscription", {}, "found", {"subscription": "10000001", "price": "2500"}),
    ("17", "subscription", {"nth": "3"}, "found", {"subscription": "17000003", "price": "19800"}),
    ("17", "subscription", {"nth": "4"}, "none", {}),
    ("17", "unsubscribe", {"subscription": "17000001"}, "ended", {}),
    ("17", "subscription", {}, "found", {"subscription": "17000002", "price": "3000"}),
    ("17", "unsubscribe", {"subscription": "10000001"}, "unknown", {}),
    ("01", "open_case", {}, "opened", {"case": None}),
    ("01", "open_case", {}, "open", {"case": None}),
    ("01", "open_case", {"order": "100000000003"}, "opened", {"case": None}),
    ("18", "open_case", {}, "open", {"case": "80000018"}),
    ("01", "freeze", {}, "frozen", {"hold": None, "until": "2026-03-05T12:00:00+08:00"}),
    ("01", "freeze", {}, "already", {"hold": None, "until": "2026-03-05T12:00:00+08:00"}),
    ("01", "freeze_reason", {}, "held", {"until": "2026-03-05T12:00:00+08:00"}),
    ("04", "freeze", {}, "frozen", {"hold": None, "until": "2026-03-05T12:00:00+08:00"}),
    ("06", "freeze", {}, "already", {"hold": "9800000006", "until": "2026-03-04T18:00:00+08:00"}),
    ("19", "freeze", {}, "capped", {}),
    ("01", "ours", {}, "yes", {}),
    ("01", "ours", {"suspect": "4001234567"}, "yes", {}),
    ("01", "ours", {"suspect": "17000000000"}, "no", {}),
    ("01", "ours", {"suspect": "13912345678"}, "unknown", {}),
)


def lookup(question: str, account: str = "01", **about: str | Secret) -> Lookup:
    """Return a question about an account (its last two digits), where not told otherwise about what is at hand."""
    known = {**TOLD, "who": f"88000000{account}", "holder": f"88000000{account}", **about}
    named = (*QUESTIONS[question].about, *(name for name in QUESTIONS[question].may if name in about))
    return Lookup(question, tuple((name, known[name]) for name in named))


def failing(question: str, why: str) -> Lookup:
    """Return a question that the demo wallet answers so: slow or unavailable."""
    account, suspect = ("20", "95001") if why == "slow" else ("23", "95002")
    return lookup(question, account, suspect=suspect)


def ask(wallet: Wallet, request: str, question: str, account: str = "01", **about: str | Secret) -> Found | NotFound:
    """Ask a wallet."""
    return wallet.answer(lookup(question, account, **about), request)


def faults(question: str, answer: Found | NotFound) -> list[str]:
    """Return what is wrong with an answer by the catalogue."""
    if isinstance(answer, NotFound):
        return [] if answer.why in QUESTIONS[question].all else [f"{answer.why} is none of the outcomes"]
    facts = QUESTIONS[question].outcomes[answer.outcome]
    wrong = [name for name, sort in facts.items() if name in answer.facts and not _formed(answer.facts[name], sort)]
    return [f"{name} is wrong" for name in {*wrong, *(facts.keys() ^ answer.facts.keys())}]


def _formed(text: str, sort: str) -> bool:
    match sort:
        case "date":
            return date.fromisoformat(text).isoformat() == text
        case "moment":
            return datetime.fromisoformat(text).tzinfo is not None
        case "phone":
            return text.startswith("+") and text[1:].isdigit()
        case _:
            return text.isdigit()
