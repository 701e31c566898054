"""What Alembic runs: the migrations, in the transaction of the connection that it is handed."""

from alembic import context

from gemel.gallery.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    version_table="gemel_format",
)
context.run_migrations()
