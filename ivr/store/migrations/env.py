"""How Alembic runs our steps: on the connection it is handed, in one transaction."""

from alembic import context

from ivr.store.tables import meta

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=meta,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
