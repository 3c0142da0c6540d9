"""The people who may log in, and their roles."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("fs_uniquifier", sa.String(64), nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("barred_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("name", name="uq_people_name"),
        sa.UniqueConstraint("fs_uniquifier", name="uq_people_fs_uniquifier"),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
    )
    op.create_table(
        "people_roles",
        sa.Column("person", sa.Integer, nullable=False),
        sa.Column("role", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_people_roles_person", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role"], ["roles.id"], name="fk_people_roles_role"),
        sa.PrimaryKeyConstraint("person", "role", name="pk_people_roles"),
    )
