"""What can be wrong with a database, each told as a sentence that says what to do."""


class DatabaseProblem(Exception):
    """The base: ``str()`` of it is fit for the person who started the program."""


class Unreachable(DatabaseProblem):
    """No server answers at the address, or it refuses these credentials."""


class EditedMigration(DatabaseProblem):
    """A migration that was applied here has another text now."""


class NewerSchema(DatabaseProblem):
    """The database was migrated by a newer Playbill than this one."""


class ServerProblem(DatabaseProblem):
    """The embedded server could not be set up, started or stopped."""
