"""Who a caller has proven to be: the facts that tell it, which a call forgets with its end."""

from typing import Final

PROVEN: Final = "proven"  # By what: pin or code.
TRIES: Final = "tries"  # How often in this call what was keyed was not right.
WHO: Final = "who"  # The account's number or the registered phone, as it was keyed.
PROVING: Final = "proving"  # What is asked for: who, way, pin, code.
