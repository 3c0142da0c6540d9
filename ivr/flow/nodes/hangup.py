"""Say goodbye and hang up.

```yaml
goodbye:
  kind: hangup
  say: 感谢您的来电，再见。
```
"""

from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.move import Finish, Move
from ivr.flow.node import Node, Words


class Hangup(Node):
    """The end of a call whose matter is finished, or whose message or call back is arranged."""

    say: Words

    def enter(self, flow: Flow, call: Call) -> Move:
        """Say goodbye; the outcome is a message or call back where there is one."""
        return Move(Finish(call.reached or "finished"), (self.prompt("say"),))
