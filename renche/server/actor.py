"""Who is at the command line, for audit records."""

import os


def actor() -> str:
    """By number: audit records hold no names."""
    return f"cli:{os.getuid()}"
