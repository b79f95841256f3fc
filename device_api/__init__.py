"""The door for players: JSON under ``/v1/device``, described in docs/device-protocol.md."""

from device_api.blueprint import blueprint

__all__ = ["blueprint"]
