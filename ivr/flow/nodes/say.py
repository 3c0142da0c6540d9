"""Say something and go on.

```yaml
advice:
  kind: say
  say: 请立即修改登录密码，并保留交易记录。
  must: true        # a notice that no key interrupts
  then: start
```
"""

from ivr.flow.call import Call
from ivr.flow.flow import Flow
from ivr.flow.move import Go, Move
from ivr.flow.node import Node, Place, Words


class Say(Node):
    """Words that ask nothing; with `must`, every caller hears them to the end."""

    say: Words
    must: bool = False
    then: Place

    def enter(self, flow: Flow, call: Call) -> Move:
        """Say the words and go on."""
        return Move(Go(self.then), (self.prompt("say", interrupt=not self.must),))
