"""On what was measured: stands beside every recorded figure."""

import os
import platform
import sys
from pathlib import Path


def machine() -> str:
    """The processor, the system and how busy it was."""
    cores = sum(line.startswith("processor") for line in _cpu_lines())
    model = next((line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), "")
    load = os.getloadavg()[0]
    return f"{cores} cores ({model or platform.machine()}), {sys.platform}, load average {load:.1f} at the end"


def _cpu_lines() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
