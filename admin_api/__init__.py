"""The door for integrations: JSON under ``/v1/admin`` for everything the portal can do."""

from admin_api.blueprint import blueprint

__all__ = ["blueprint"]
