"""At which revision the database was before it was upgraded, beside Alembic's own: whose release can still use it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alembic_version", sa.Column("before", sa.String(32)))
