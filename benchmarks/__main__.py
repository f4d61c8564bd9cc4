"""`python -m benchmarks NAME`: runs one benchmark, prints what it measured and records it in `benchmarks/results`."""

import argparse
import sys

from benchmarks import embedded, ingest, policy, scale
from benchmarks.reads import command as reads

BENCHMARKS = {"reads": reads, "embedded": embedded, "scale": scale, "policy": policy, "ingest": ingest}


def main() -> int:
    """The exit code: 1 when what was measured is worse than what is promised."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measures renche.")
    names = parser.add_subparsers(dest="name", required=True)
    for name, module in BENCHMARKS.items():
        module.add_arguments(names.add_parser(name, help=(module.__doc__ or "").splitlines()[0]))
    arguments = parser.parse_args()
    code: int = BENCHMARKS[arguments.name].run(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
