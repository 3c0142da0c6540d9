"""All roles are there, passwords can be for one time, and the audit log, which is only added to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


MOMENT = sa.DateTime(timezone=True)
ROLES = sa.table("roles", sa.column("name"))


def upgrade() -> None:
    there = set(op.get_bind().scalars(sa.select(ROLES.c.name)))
    wanted = ("agent", "operations", "supervisor", "auditor", "admin")
    op.bulk_insert(ROLES, [{"name": name} for name in wanted if name not in there])
    op.add_column("people", sa.Column("one_time_until", MOMENT))
    _audit()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("remote", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("previous", name="uq_audit_previous"),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_who_id", "audit", ["who", "id"])
    op.create_index("ix_audit_act_id", "audit", ["act", "id"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.bulk_insert(head, [{"id": 1, "last": 0, "hash": "0" * 64}])
    _only_added()


def _only_added() -> None:
    """Have the database refuse what no program of ours does."""
    why = "the audit log is only added to"
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            name = f"audit_no_{what.lower()}"
            op.execute(f"CREATE TRIGGER {name} BEFORE {what} ON audit BEGIN SELECT RAISE(ABORT, '{why}'); END")
        return
    op.execute(
        "CREATE FUNCTION audit_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{why}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_added()"
    )
