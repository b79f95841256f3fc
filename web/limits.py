"""Limits on what the device API takes, each as the installation configures it."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bytes as sent, bytes once decompressed, and how often one device may ask.

    The plays of all devices wait for a transaction in a queue; over its limits a batch is refused
    for now. Each of so many writers takes at most so many batches and events at a time.
    """

    body_max_bytes: int = 1024 * 1024
    decompressed_max_bytes: int = 8 * 1024 * 1024
    screenshot_max_bytes: int = 5 * 1024 * 1024
    events_per_batch_max: int = 1000
    device_requests_per_minute: int = 120
    device_requests_burst: int = 60
    events_waiting_max: int = 20_000
    events_waiting_max_bytes: int = 32 * 1024 * 1024
    events_per_transaction_max: int = 5_000
    batches_per_transaction_max: int = 200
    event_writers: int = 2
