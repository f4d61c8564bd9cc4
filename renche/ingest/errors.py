"""What ingest refuses as a whole: a file that cannot be what its name says.

InvalidArgument
└── RefusedFile     BAD_USER_INPUT      nothing of the file was read; says which file, why and what to do
"""

from pathlib import Path

from renche.graph.errors import InvalidArgument


class RefusedFile(InvalidArgument):
    """A file (or folder) that cannot be read as input; the sentence names it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
