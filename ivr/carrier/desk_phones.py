"""Agents' phones in the browser while the practice carrier is on: what rings there is taken by a button."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import Any, Final

from ivr.carrier.company import Carrier
from ivr.carrier.phone_sound import asked

TAKE: Final = "1"
LOOKS: Final = 60
LOOK_SECONDS: Final = 0.05
SLACK_SECONDS: Final = timedelta(seconds=2).total_seconds()


@dataclass(frozen=True, slots=True)
class DeskPhones:
    """The phones of agents, by address (`client:alice`)."""

    carrier: Carrier

    def answer(self, address: str) -> bool:
        """Pick up what rings there and press the key that takes the caller; False where nothing rings."""
        phone = self.carrier.phone(address)
        for _ in range(LOOKS):
            # The desk offers a caller a moment before the phone is rung, and an agent may be quicker.
            if phone.ringing:
                break
            sleep(LOOK_SECONDS)
        try:
            leg = phone.answer()
        except LookupError:
            return False
        leg.press(TAKE)
        return True

    def hang_up(self, address: str) -> None:
        """Refuse what rings there, or end the talk; nothing where neither is."""
        phone = self.carrier.phone(address)
        if leg := phone.talking:
            leg.hang_up()
        elif leg := phone.ringing:
            leg.decline("busy")

    def sound(self, address: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Link the agent's browser with those whom this phone talks to; ValueError for what no page of ours tells."""
        phone = self.carrier.phone(address)
        return asked(self.carrier.exchange, address, lambda: phone.talking, told)

    def tick(self, addresses: list[str]) -> None:
        """Have these phones be there to ring, and move on or end whatever nobody drives; to be called every second."""
        for address in addresses:
            self.carrier.phone(address)
        for leg in self.carrier.exchange.lost():
            leg.hang_up()
        self.carrier.tick(SLACK_SECONDS)
