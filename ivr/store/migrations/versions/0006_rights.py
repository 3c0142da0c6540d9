"""All roles are there, so that nobody who adds a person has to make one."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


ROLES = sa.table("roles", sa.column("name"))


def upgrade() -> None:
    there = set(op.get_bind().scalars(sa.select(ROLES.c.name)))
    wanted = ("agent", "operations", "supervisor", "auditor", "admin")
    op.bulk_insert(ROLES, [{"name": name} for name in wanted if name not in there])
