"""All reports there are, found by being there."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ivr.reports import kinds
from ivr.reports.report import Report


@cache
def reports() -> dict[str, Report]:
    """Return the reports by name, in the order in which they are listed."""
    found = [import_module(f"{kinds.__name__}.{one.name}").REPORT for one in iter_modules(kinds.__path__)]
    return {one.name: one for one in sorted(found, key=lambda one: (one.order, one.name))}
