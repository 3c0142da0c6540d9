"""A wallet whose questions, answers and seconds are counted."""

from dataclasses import dataclass
from time import perf_counter

from ivr.flow.inputs import Found, NotFound
from ivr.flow.waits import Lookup
from ivr.tally import Tally
from ivr.wallets.port import Wallet


@dataclass(frozen=True, slots=True)
class Watched:
    """Asks a wallet, and counts; what was asked about is no part of it."""

    wallet: Wallet
    tally: Tally

    def answer(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        """Answer as the wallet does."""
        begun, outcome = perf_counter(), "failed"
        try:
            found = self.wallet.answer(lookup, request_id)
            outcome = found.why if isinstance(found, NotFound) else "answered"
            return found
        finally:
            self.tally.asked_wallet(lookup.question, outcome, perf_counter() - begun)
