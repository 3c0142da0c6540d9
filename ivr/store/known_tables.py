"""All tables of the hotline, whichever module keeps them."""

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import MetaData

from ivr import store
from ivr.store.tables import meta


def known_tables() -> MetaData:
    """Return the tables, all of them: each module of this room tells `meta` of those it keeps."""
    for module in iter_modules(store.__path__, "ivr.store."):
        import_module(module.name)
    return meta
