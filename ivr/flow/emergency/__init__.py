"""What goes before all else for a time that is known to end: the meaning of `menus/emergency.yaml`.

```yaml
announce:                # every caller hears it before the greeting, in each language
  - words: {zh-CN: 目前支付渠道故障，正在抢修。, en-US: "Card payments are down, and we're working on it."}
    from: "2026-11-26 10:00"
    until: "2026-11-26 18:00"
    by: sam
close:                   # whoever would come into these queues hears why, and when they open again
  - queues: [payments]
    why: {zh-CN: 支付专线暂停服务。, en-US: "The payments team can't take calls right now."}
    from: "2026-11-26 10:00"
    until: "2026-11-26 18:00"
    by: sam
divert:                  # whoever would come into these queues comes into another, or is put through outside
  - queues: [accounts]
    to: general          # or a number: "+862155555555"
    from: "2026-11-26 10:00"
    until: "2026-11-26 18:00"
    by: sam
```

The file may be empty or missing. An emergency counts at a call's own moments, so a call replayed goes as it went.
"""

from ivr.flow.emergency.declared import KINDS, Declared, closed, led
from ivr.flow.emergency.reading import House, read

__all__ = ["KINDS", "Declared", "House", "closed", "led", "read"]
