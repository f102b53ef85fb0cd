"""A tenant on a PostgreSQL server: a schema with a role of its own, which reaches no other one.

The role owns its schema, so that the engine can make and change the tables in it, and has no right anywhere else.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier, Literal

from pipeline_engine.errors import BadStore, BadValue
from pipeline_engine.store.postgres_server import Address

LONGEST = 40
_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}")
_TAKEN = """SELECT 'role `' || rolname || '`' FROM pg_roles WHERE rolname = %s
    UNION ALL SELECT 'schema `' || nspname || '`' FROM pg_namespace WHERE nspname = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A schema and its role; `url`, password included, is what its processes use: it is told once and kept nowhere."""

    name: str
    schema: str
    role: str
    url: str

    def __repr__(self) -> str:
        """Without the URL, which carries the password."""
        return f"Tenant(name={self.name!r}, schema={self.schema!r}, role={self.role!r})"


def make_tenant(name: str, url: str, role: str | None = None) -> Tenant:
    """
    Make a schema, and a role that may use nothing else; all of it or nothing.

    Args:
        name: Of the tenant and its schema: small letters, digits and `_`.
        url: Of the database, as a role that may make roles and schemas.
        role: `<database>_<name>` where none is named, since roles are shared by all databases of a server.

    Raises:
        BadValue: A name that a schema or role may not have.
        BadStore: There is such a schema or role already, or the role of `url` may not make them.
        StoreUnreachable: The server cannot be reached.
    """
    address = _server_of(url)
    password = secrets.token_urlsafe(24)
    try:
        with psycopg.connect(address.conninfo) as connection:
            database = connection.info.dbname
            role = _checked("role", role or _role_of(database, name), longest=63)
            _checked("tenant", name)
            taken = connection.execute(_TAKEN, (role, [name, f"{name}_keys"])).fetchone()
            if taken:
                raise BadStore(f"`{address.shown}` has a {taken[0]} already; choose another name")
            _made(connection, tenant_statements(name, role, database, password))
    except psycopg.errors.InsufficientPrivilege as error:
        needed = "use a role with CREATEROLE and the right to create schemas, or give `--sql` to whoever has one"
        raise BadStore(f"`{address.shown}` does not let this role make tenants: {_said(error)}; {needed}") from error
    except psycopg.Error as error:
        raise address.unreachable(error) from error
    return Tenant(name, name, role, _url(url, role, password, name))


def _made(connection: Connection[TupleRow], statements: Iterator[Composed]) -> None:
    with connection.transaction():
        for statement in statements:
            connection.execute(statement)


def tenant_statements(name: str, role: str, database: str, password: str | None = None) -> Iterator[Composed]:
    """What makes a tenant; without a password it is to be set by `\\password`."""
    of = {
        "role": Identifier(_checked("role", role, longest=63)), "schema": Identifier(_checked("tenant", name)),
        "keys": Identifier(f"{name}_keys"),
        "database": Identifier(database), "password": Literal(password), "comment": Literal("pipeline_engine tenant"),
    }  # fmt: skip
    login = "LOGIN PASSWORD {password}" if password else "LOGIN"
    for text in (
        f"CREATE ROLE {{role}} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
        # A schema is made for a role by whoever is a member of it; afterwards nobody needs to be.
        "GRANT {role} TO CURRENT_USER",
        # A second one, for the keys of what is personal: the role may make no schema itself.
        *(
            text
            for schema in ("schema", "keys")
            for text in (
                f"CREATE SCHEMA {{{schema}}} AUTHORIZATION {{role}}",
                f"COMMENT ON SCHEMA {{{schema}}} IS {{comment}}",
                f"REVOKE ALL ON SCHEMA {{{schema}}} FROM PUBLIC",
            )
        ),
        "ALTER ROLE {role} IN DATABASE {database} SET search_path = {schema}",
        "REVOKE {role} FROM CURRENT_USER",
    ):
        yield SQL(text).format(**of)


def tenant_sql(name: str, url: str, role: str | None = None) -> str:
    """The statements that make a tenant, for somebody else to run; the password is set afterwards, by `\\password`."""
    database = _server_of(url).database
    role = role or _role_of(database, name)
    lines = [f"{statement.as_string(None)};" for statement in tenant_statements(name, role, database)]
    return "\n".join([*lines, f"\\password {role}"])


def _role_of(database: str, name: str) -> str:
    return f"{database}_{name}".lower().replace("-", "_")


def _checked(what: str, name: str, longest: int = LONGEST) -> str:
    if not _NAME.fullmatch(name[:LONGEST]) or len(name) > longest or not name.replace("_", "a").isalnum():
        raise BadValue(what, name, f"a small letter, then small letters, digits or `_`, at most {longest}")
    if name.startswith("pg_") or name == "public":
        raise BadValue(what, name, "a name that PostgreSQL does not keep for itself")
    return name


def _server_of(url: str) -> Address:
    if not url.startswith(("postgresql:", "postgres:")):
        raise BadStore(
            "a tenant with a role of its own needs `postgresql://…`; on SQLite a tenant is a file: `sqlite:///north.db`"
        )
    return Address(url)


def _url(url: str, role: str, password: str, schema: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    of_others = ("schema=", "user=", "password=")
    kept = [each for each in parts.query.split("&") if each and not each.startswith(of_others)]
    query = "&".join([*kept, f"schema={schema}"])
    return urlunsplit(parts._replace(netloc=f"{quote(role)}:{quote(password)}@{place}", query=query))


def _said(error: psycopg.Error) -> str:
    return " ".join(str(error.diag.message_primary or error).split())
