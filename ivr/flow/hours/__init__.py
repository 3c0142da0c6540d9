"""When a queue is open, why not when it is not, and when it opens next: the meaning of `menus/hours.yaml`."""

from ivr.flow.hours.notation import Names, Trouble
from ivr.flow.hours.reading import read
from ivr.flow.hours.schedule import Opening, Reason, Schedule

__all__ = ["Names", "Opening", "Reason", "Schedule", "Trouble", "read"]
