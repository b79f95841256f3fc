"""Limits on what the device API takes, each as the installation configures it."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bytes as sent, bytes once decompressed, and how often one device may ask."""

    body_max_bytes: int = 1024 * 1024
    decompressed_max_bytes: int = 8 * 1024 * 1024
    screenshot_max_bytes: int = 5 * 1024 * 1024
    events_per_batch_max: int = 1000
    device_requests_per_minute: int = 120
    device_requests_burst: int = 60
