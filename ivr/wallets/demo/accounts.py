"""The demo wallet's accounts: between them they show every outcome of every question."""

from dataclasses import dataclass
from typing import Final

PIN: Final = "246810"
CODE: Final = "135790"
NOBODY: Final = ""  # The number of whoever has no account: what is done for the others is done for it, too.


@dataclass(frozen=True, slots=True)
class Account:
    """An account to try: what it shows, why it is frozen, and what of its wallet fails.

    `frozen` is attempts, risk, breach or held; `fault` what it answers (slow, unavailable), at once or once it is
    `proven`, or only where something is to be done (`acts`); `spent` holds were made of late, and a `case` is open
    about everything.
    """

    number: str
    phone: str
    shows: str
    frozen: str = ""
    fault: str = ""
    proven: bool = False
    spent: int = 0
    case: str = ""
    acts: bool = False


def _account(last: int, shows: str, frozen: str = "", fault: str = "", proven: bool = False) -> Account:
    return Account(f"88000000{last:02}", f"+86138001380{last - 1:02}", shows, frozen, fault, proven)


FIRST: Final = _account(1, "an ordinary healthy wallet")
ACCOUNTS: Final = (
    FIRST,
    _account(2, "five failed payments, the last first: balance, limit, network, merchant, card"),
    _account(3, "frozen after too many wrong passwords", frozen="attempts"),
    _account(4, "frozen by risk control, and its withdrawal refused for that", frozen="risk"),
    _account(5, "frozen for a breach of the terms", frozen="breach"),
    _account(6, "held at its holder's wish", frozen="held"),
    _account(7, "payments in every state"),
    _account(8, "top-ups in every state"),
    _account(9, "a withdrawal under way"),
    _account(10, "a withdrawal refused: who they are is not proven"),
    _account(11, "a withdrawal refused: over the limit for one"),
    _account(12, "a withdrawal refused: over the limit of a day"),
    _account(13, "a withdrawal refused: not active"),
    _account(14, "a withdrawal that the bank's channel failed"),
    _account(15, "a new wallet, in which nothing happened yet"),
    _account(16, "refunds in every state, and payments to take back"),
    _account(17, "three subscriptions"),
    Account("8800000018", "+8613800138017", "a case is open about everything already", case="80000018"),
    Account("8800000019", "+8613800138018", "had too many holds", spent=3),
    _account(20, "the wallet never answers in time", fault="slow"),
    _account(21, "the wallet answers in time until the caller has proven who they are", fault="slow", proven=True),
    _account(22, "the wallet fails once the caller has proven who they are", fault="unavailable", proven=True),
    _account(23, "the wallet always fails", fault="unavailable"),
    Account("8800000024", "+8613800138023", "the wallet tells all, but does nothing in time", fault="slow", acts=True),
    Account("8800000025", "+8613800138024", "the wallet tells all, but does nothing", fault="unavailable", acts=True),
)

# Rows by table. Amounts are in fen; a day is told by how many days ago it is, so that it never gets old.
FAILED: Final = (
    ("8800000002", 1, 5200, "balance"),
    ("8800000002", 2, 300000, "limit"),
    ("8800000002", 3, 8850, "network"),
    ("8800000002", 5, 12990, "merchant"),
    ("8800000002", 9, 64900, "card"),
)
PAYMENTS: Final = (
    ("100000000001", "8800000001", 3, 4560, "credited"),
    ("700000000001", "8800000007", 4, 20000, "credited"),
    ("700000000002", "8800000007", 1, 35000, "pending"),
    ("700000000003", "8800000007", 2, 9900, "returning"),
    ("700000000004", "8800000007", 6, 128800, "returned"),
)
TOPUPS: Final = (
    ("8800000001", 2, 12800, "credited"),
    ("8800000008", 2, 12800, "credited"),
    ("8800000008", 2, 12900, "pending"),
    ("8800000008", 2, 13000, "returned"),
    ("8800000008", 2, 13100, "failed"),
)
WITHDRAWALS: Final = (
    ("8800000001", "paid", 50000, 0, 0),
    ("8800000004", "frozen", 80000, 0, 0),
    ("8800000009", "pending", 60000, 0, 0),
    ("8800000010", "identity", 40000, 0, 0),
    ("8800000011", "over_once", 6000000, 5000000, 20000000),
    ("8800000012", "over_day", 3000000, 5000000, 20000000),
    ("8800000013", "inactive", 30000, 0, 0),
    ("8800000014", "channel", 70000, 0, 0),
)
# Orders with what was paid, whether the payment is still on its way, and the refund: its state, amount and day.
ORDERS: Final = (
    ("100000000002", "8800000001", 15900, False, "paid", 15900, 2),
    ("160000000001", "8800000016", 8800, False, "paid", 8800, 3),
    ("160000000002", "8800000016", 23900, False, "pending", 23900, 1),
    ("160000000003", "8800000016", 4500, False, "refused", 0, 0),
    ("160000000004", "8800000016", 9990, False, "none", 0, 0),
    ("160000000005", "8800000016", 19900, True, "none", 0, 0),
    ("160000000006", "8800000016", 29900, True, "none", 0, 0),
    ("240000000001", "8800000024", 19900, True, "none", 0, 0),
    ("250000000001", "8800000025", 19900, True, "none", 0, 0),
)
SUBSCRIPTIONS: Final = (
    ("10000001", "8800000001", 2500),
    ("17000001", "8800000017", 1500),
    ("17000002", "8800000017", 3000),
    ("17000003", "8800000017", 19800),
    ("24000001", "8800000024", 1500),
    ("25000001", "8800000025", 1500),
)
# Numbers and codes that somebody may have been called or written by.
OURS: Final = frozenset({"4001234567", "+864001234567", "864001234567", "95000", "10690000"})
FRAUD: Final = frozenset({"17000000000", "+8617000000000", "4009999999", "00861234567", "95999", "10699999"})
UNANSWERED: Final = {"95001": "slow", "95002": "unavailable"}
