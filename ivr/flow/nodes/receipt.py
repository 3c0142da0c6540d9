"""Give the caller a number by which they and we find this call again.

```yaml
receipt:
  kind: receipt
  say: 您的投诉编号是：{receipt:digits}，请记一下。
  then: choice
```
"""

from collections.abc import Mapping
from hashlib import blake2s
from typing import Final

from ivr.flow.call import Call
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.move import Go, Move
from ivr.flow.node import Node, Place, Words

RECEIPT: Final = "receipt"


class Receipt(Node):
    """One number a call: month and day, then six digits."""

    say: Words
    then: Place

    def enter(self, flow: Flow, call: Call) -> Move:
        """Say the number, the same when the caller comes here again."""
        new = () if RECEIPT in call.facts else (Learned(RECEIPT, _number(flow, call)),)
        return Move(Go(self.then), (*new, self.prompt("say")))

    def learns(self) -> Mapping[str, str]:
        """Return the facts for words."""
        return {RECEIPT: "digits"}


def _number(flow: Flow, call: Call) -> str:
    # Of the moment and who rings, not of chance: the call must replay to the same number.
    mixed = blake2s(f"{call.now.isoformat()} {call.caller}".encode(errors="replace")).digest()
    return f"{call.now.astimezone(flow.zone):%m%d}{int.from_bytes(mixed) % 10**6:06}"
