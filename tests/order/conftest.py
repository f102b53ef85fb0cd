"""Stores that many clients can open at once: one SQLite file, one schema of a real PostgreSQL."""

from tests.store.conftest import lasting_url, postgres_schema, shared_database, url

__all__ = ["lasting_url", "postgres_schema", "shared_database", "url"]
