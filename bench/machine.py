"""What was measured on: enough to read the figures by, nothing that names the machine."""

import os
import platform
from pathlib import Path

import psutil


def facts() -> str:
    """Return processors, memory, system and interpreter in one sentence."""
    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory_gib:.0f} GiB of memory,"
        f" {platform.system()} on {platform.machine()}, Python {platform.python_version()}."
    )


def load() -> str:
    """Return how busy the machine was besides: the load averages."""
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
