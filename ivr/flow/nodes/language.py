"""Go on in another language.

```yaml
english:
  kind: language
  to: en-US
  name: 英语服务
  then: start
```
"""

from collections.abc import Iterator

from ivr.flow.call import Call
from ivr.flow.events import Switched
from ivr.flow.flow import Flow
from ivr.flow.move import Go, Move
from ivr.flow.node import Node, Path, Place


class Language(Node):
    """From here on the caller hears this language only."""

    to: str
    then: Place

    @property
    def speaks(self) -> str:
        """The language that is spoken from here on."""
        return self.to

    def enter(self, flow: Flow, call: Call) -> Move:
        """Switch and go on."""
        return Move(Go(self.then), (Switched(self.to),))

    def problems(self, flow: Flow) -> Iterator[tuple[Path, str]]:
        """Tell of a language that the hotline does not speak."""
        if self.to not in flow.hotline.languages:
            known = ", ".join(flow.hotline.languages)
            yield ("to",), f"the hotline has no language {self.to!r}: hotline.yaml names {known}"
