"""The database: its SQL, the connections that run it, and a server to start if none is given."""
