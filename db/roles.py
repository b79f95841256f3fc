"""Two roles: the owner, who migrates, and the application's, which may not rewrite the audit log.

The application's role cannot log in; the owner's login takes it on with SET ROLE. Where the login
may not create roles there is one role only, and only the triggers guard the audit log.
"""

import asyncpg

from db.pool import SCHEMA

APPLICATION_ROLE = "playbill_app"
RACED = (
    asyncpg.DuplicateObjectError,
    asyncpg.UniqueViolationError,
    asyncpg.InternalServerError,  # "tuple concurrently updated": another database's migration
)


async def application_role(conn: asyncpg.Connection) -> str | None:
    """Return the role the application is to act as, or None where there is one role only."""
    usable = await conn.fetchval(
        """
        /* roles.application_role */
        SELECT has_schema_privilege(oid, $2, 'USAGE')
               AND pg_has_role(session_user, oid, CASE
                   WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET'
                   ELSE 'MEMBER' END)
        FROM pg_roles WHERE rolname = $1 AND to_regnamespace($2) IS NOT NULL
        """,
        APPLICATION_ROLE,
        SCHEMA,
    )
    return APPLICATION_ROLE if usable else None


async def ensure(conn: asyncpg.Connection) -> bool:
    """Make the application's role if need be; return whether it can be used by this login."""
    for attempt in range(5):
        try:
            return await _ensure_once(conn)
        except asyncpg.InsufficientPrivilegeError:
            return False
        except RACED:
            if attempt == 4:
                raise
    return False


async def grant(conn: asyncpg.Connection) -> None:
    """Give the application's role what it needs on everything there is and on later partitions."""
    if await _is_granted(conn):
        return
    async with conn.transaction():
        await conn.execute(_GRANTS)


async def _ensure_once(conn: asyncpg.Connection) -> bool:
    async with conn.transaction():
        exists = await conn.fetchval(
            "/* roles.exists */ SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)",
            APPLICATION_ROLE,
        )
        if not exists:
            await conn.execute(f"/* roles.create */ CREATE ROLE {APPLICATION_ROLE} NOLOGIN")
        if not await _may_take_on(conn):
            await conn.execute(f"/* roles.join */ GRANT {APPLICATION_ROLE} TO CURRENT_USER")
        return await _may_take_on(conn)


async def _may_take_on(conn: asyncpg.Connection) -> bool:
    may: bool = await conn.fetchval(
        """
        /* roles.may_take_on */
        SELECT pg_has_role(current_user, $1, CASE
            WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET'
            ELSE 'MEMBER' END)
        """,
        APPLICATION_ROLE,
    )
    return may


async def _is_granted(conn: asyncpg.Connection) -> bool:
    """Granting again would do no harm, but it touches every table's catalogue row under load."""
    granted: bool = await conn.fetchval(
        """
        /* roles.is_granted */
        SELECT has_schema_privilege($1, $2, 'USAGE')
               AND NOT has_table_privilege($1, $2 || '.audit_log', 'UPDATE, DELETE')
               AND NOT EXISTS (
                   SELECT 1 FROM pg_class c
                   WHERE c.relnamespace = to_regnamespace($2) AND c.relkind IN ('r', 'p', 'v')
                         AND NOT has_table_privilege($1, c.oid, CASE c.relname
                             WHEN 'schema_migrations' THEN 'SELECT'
                             WHEN 'audit_log' THEN 'INSERT' ELSE 'DELETE' END))
               AND NOT EXISTS (
                   SELECT 1 FROM pg_proc f
                   WHERE f.pronamespace = to_regnamespace($2)
                         AND NOT has_function_privilege($1, f.oid, 'EXECUTE'))
        """,
        APPLICATION_ROLE,
        SCHEMA,
    )
    return granted


_GRANTS = f"""
/* roles.grant */
GRANT USAGE ON SCHEMA {SCHEMA} TO {APPLICATION_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {APPLICATION_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {APPLICATION_ROLE};
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {APPLICATION_ROLE};
REVOKE UPDATE, DELETE ON {SCHEMA}.audit_log FROM {APPLICATION_ROLE};
REVOKE INSERT, UPDATE, DELETE ON {SCHEMA}.schema_migrations FROM {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA}
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT EXECUTE ON FUNCTIONS TO {APPLICATION_ROLE};
"""
