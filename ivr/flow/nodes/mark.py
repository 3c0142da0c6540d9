"""Note for the agents what a caller is in, without a word to the caller.

```yaml
attacked:
  kind: mark
  note: 正在被骗，请先让对方挂断
  then: stolen.freeze
```
"""

from collections.abc import Mapping
from typing import Final

from ivr.flow.call import Call
from ivr.flow.events import Learned
from ivr.flow.flow import Flow
from ivr.flow.move import Go, Move
from ivr.flow.node import Node, Place, Unspoken

MARK: Final = "mark"


class Mark(Node):
    """A note that agents see beside the caller's matter; callers hear nothing of it."""

    note: Unspoken
    then: Place

    def enter(self, flow: Flow, call: Call) -> Move:
        """Note it, by the place of its words, and go on."""
        return Move(Go(self.then), (Learned(MARK, f"{self.place}.note"),))

    def learns(self) -> Mapping[str, str]:
        """Return nothing for words."""
        return {}
