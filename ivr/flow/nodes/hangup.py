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
    """The end of a call whose matter is finished, or whose message is taken."""

    say: Words

    def enter(self, flow: Flow, call: Call) -> Move:
        """Say goodbye; the outcome is a message where one was left."""
        return Move(Finish("message" if "message" in call.facts else "finished"), (self.prompt("say"),))
