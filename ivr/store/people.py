"""The people who may log in, and their roles; the only tables that are reached by objects, as Flask-Security asks."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from flask_security import RoleMixin, SQLAlchemySessionUserDatastore, UserMixin, WebAuthnMixin
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Session, registry, relationship, scoped_session, sessionmaker

from ivr.store.doors import PAUSE, TRIES
from ivr.store.roles import AGENT, ROLES
from ivr.store.tables import Moment, meta

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
ONE_TIME: Final = timedelta(days=7)

people = Table(
    "people",
    meta,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password", String(255), nullable=False),
    Column("active", Boolean, nullable=False),
    # What a session names; whoever logs out gets another, so that no stolen cookie outlives it.
    Column("fs_uniquifier", String(64), nullable=False, unique=True),
    Column("misses", Integer, nullable=False),
    Column("barred_until", Moment),
    # A password that somebody else has seen: it is to be changed at the first login, and of no use from then on.
    Column("one_time_until", Moment),
    Column("created_at", Moment, nullable=False),
    # Whether they must have a second factor; an authenticator app's secret, encrypted; the last of its codes used.
    Column("strong", Boolean),
    Column("tf_primary_method", String(64)),
    Column("tf_totp_secret", Text),
    Column("tf_counter", Integer),
    Column("mf_recovery_codes", MutableList.as_mutable(JSON(none_as_null=True))),
    Column("fs_webauthn_user_handle", String(64)),
    Index("uq_people_fs_webauthn_user_handle", "fs_webauthn_user_handle", unique=True),
)

roles = Table(
    "roles",
    meta,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("strong", Boolean),
)

# Named as Flask-Security has it; `usage` is `first` (instead of a password) or `secondary` (after it).
passkeys = Table(
    "passkeys",
    meta,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("credential_id", LargeBinary(1024), nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("transports", MutableList.as_mutable(JSON(none_as_null=True))),
    Column("backup_state", Boolean, nullable=False),
    Column("device_type", String(64), nullable=False),
    Column("extensions", Text),
    Column("lastuse_datetime", Moment, nullable=False),
    Column("name", String(64), nullable=False),
    Column("usage", String(64), nullable=False),
)

people_roles = Table(
    "people_roles",
    meta,
    Column("person", Integer, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Integer, ForeignKey("roles.id"), primary_key=True),
)


class Role(RoleMixin):
    """What makes a person an agent, a supervisor and so on."""

    name: str
    strong: bool | None

    def get_permissions(self) -> set[str]:
        """Return what whoever has the role may do."""
        return set(ROLES.get(self.name, ()))


class Person(UserMixin):
    """Somebody who may log in by name and password."""

    name: str
    misses: int
    barred_until: datetime | None
    one_time_until: datetime | None
    created_at: datetime
    strong: bool | None
    tf_counter: int | None
    tf_phone_number: None = None  # Flask-Security asks; we send no codes.

    def owes_factor(self) -> bool:
        """Tell whether they must have a second factor, but have none for who logs in by password."""
        must = self.strong or any(role.strong for role in self.roles if isinstance(role, Role))
        return bool(must and not self.has_factor())

    def has_factor(self) -> bool:
        """Tell whether a password alone does not let them in."""
        return bool(self.tf_primary_method) or any(one.usage == "secondary" for one in self.webauthn)

    def calc_username(self) -> str:
        """Return what an authenticator app or a passkey calls the account."""
        return self.name


class Passkey(WebAuthnMixin):
    """A key on a person's device, which proves that it is they."""


mapped: Final = registry(metadata=meta)
mapped.map_imperatively(Role, roles)
mapped.map_imperatively(
    Person,
    people,
    properties={
        "roles": relationship(Role, secondary=people_roles),
        "webauthn": relationship(Passkey, cascade="all, delete-orphan"),
    },
)
mapped.map_imperatively(Passkey, passkeys)


class NamingError(ValueError):
    """No person can have, or nobody has, this name; its text says why."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who may log in; Flask-Security's `datastore` stands on the same session, one a thread."""

    engine: Engine
    now: Callable[[], datetime]
    session: scoped_session[Session] = field(init=False)
    datastore: SQLAlchemySessionUserDatastore = field(init=False)

    def __post_init__(self) -> None:
        """Open the session."""
        made = scoped_session(sessionmaker(self.engine, expire_on_commit=False))
        object.__setattr__(self, "session", made)
        object.__setattr__(self, "datastore", SQLAlchemySessionUserDatastore(made, Person, Role, Passkey))

    def close(self) -> None:
        """Let go of the database."""
        self.session.remove()
        self.engine.dispose()

    def some(self) -> bool:
        """Tell whether there is anybody."""
        return bool(self.session.scalar(select(func.count()).select_from(people)))

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        return list(self.session.scalars(select(Person).order_by(people.c.name)))

    def find(self, name: str) -> Person | None:
        """Return the person of this name, however it is written."""
        return self.session.scalar(select(Person).where(people.c.name == name.strip().lower()))

    def add(self, name: str, password: str, named: tuple[str, ...] = (AGENT,)) -> None:
        """Add a person with an already hashed one-time password; raise NamingError for a name taken or none."""
        if not NAME.fullmatch(name):
            raise NamingError("a name is made of small letters, digits, dots, - and _")
        known = list(self.session.scalars(select(Role).where(roles.c.name.in_(named))))
        told = {"password": password, "active": True, "fs_uniquifier": uuid4().hex, "misses": 0}
        told |= {"one_time_until": self.now() + ONE_TIME}
        self.session.add(Person(name=name, created_at=self.now(), roles=known, **told))
        try:
            self.session.commit()
        except IntegrityError:
            self.session.rollback()
            raise NamingError(f"{name} is there already") from None

    def change(self, name: str, password: str | None = None, active: bool | None = None) -> None:
        """Give a person a hashed one-time password, or bar or admit them; their sessions end. Raise NamingError."""
        person = self.known(name)
        if password:
            person.password, person.one_time_until = password, self.now() + ONE_TIME
        person.active = person.active if active is None else active
        person.misses, person.barred_until = 0, None
        self.leave(person)

    def appoint(self, name: str, named: tuple[str, ...]) -> None:
        """Give a person these roles instead of theirs; all their sessions end. Raise NamingError."""
        person = self.known(name)
        person.roles = list(self.session.scalars(select(Role).where(roles.c.name.in_(named))))
        self.leave(person)

    def own(self, person: Person) -> None:
        """Let a person keep the password that they have: nobody else knows it."""
        person.one_time_until = None
        self.session.commit()

    def lapsed(self, person: Person) -> bool:
        """Tell whether a person's one-time password was not used in time."""
        return person.one_time_until is not None and person.one_time_until <= self.now()

    def spent(self, person: Person, counter: int) -> bool:
        """Note that an authenticator app's code was used; False where it, or a later one, was used before."""
        unused = or_(people.c.tf_counter.is_(None), people.c.tf_counter < counter)
        used = people.update().where(people.c.id == person.id, unused).values(tf_counter=counter)
        done = self.session.execute(used.returning(people.c.id)).first() is not None
        self.session.commit()
        return done

    def strengthen(self, name: str, on: bool) -> None:
        """Have a person need a second factor, or not. Raise NamingError."""
        self.known(name).strong = on
        self.session.commit()

    def strong_roles(self) -> frozenset[str]:
        """Return the roles whose people need a second factor."""
        return frozenset(self.session.scalars(select(roles.c.name).where(roles.c.strong)))

    def strengthen_roles(self, named: Collection[str]) -> None:
        """Have whoever has one of these roles need a second factor, and nobody else for their role."""
        for role in self.session.scalars(select(Role)):
            role.strong = role.name in named
        self.session.commit()

    def weaken(self, name: str) -> None:
        """Take a person's second factors away, which they have lost; their sessions end. Raise NamingError."""
        person = self.known(name)
        self.datastore.tf_reset(person)
        person.webauthn.clear()
        self.datastore.mf_set_recovery_codes(person, None)
        self.leave(person)

    def leave(self, person: Person) -> None:
        """End all sessions of a person."""
        person.fs_uniquifier = uuid4().hex
        self.session.commit()

    def known(self, name: str) -> Person:
        """Return the person of this name; raise NamingError where there is none."""
        person = self.find(name)
        if person is None:
            raise NamingError(f"there is no {name}")
        return person

    def barred(self, person: Person) -> bool:
        """Tell whether a person has missed the password so often that they must pause."""
        return person.barred_until is not None and self.now() < person.barred_until

    def missed(self, person: Person) -> bool:
        """Count a wrong password; every fifth in a row makes a pause of a minute, and is True."""
        where = people.c.id == person.id
        changed = people.update().where(where).values(misses=people.c.misses + 1).returning(people.c.misses)
        pause: bool = self.session.execute(changed).scalar_one() % TRIES == 0
        if pause:
            self.session.execute(people.update().where(where).values(barred_until=self.now() + PAUSE))
        self.session.commit()
        return pause

    def entered(self, person: Person) -> None:
        """Forget the wrong passwords of somebody who knew it at last."""
        person.misses, person.barred_until = 0, None
        self.session.commit()
