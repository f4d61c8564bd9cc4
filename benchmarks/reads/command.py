"""How fast renche reads, beside @neo4j/graphql, plain Strawberry and the floor, on the same Neo4j in one run.

Each document is asked of every server with the same fifty sets of variables, and the answers are compared; then each
server in turn is put under load, round after round. Figures are medians of the rounds. The last line is JSON.
"""

import argparse
import json
import sys
from typing import Final

from benchmarks.reads.client import Refused
from benchmarks.reads.dataset import Dataset, dataset
from benchmarks.reads.documents import NAMES, QUICK, SERVERS
from benchmarks.reads.extras import Extras, measure_extras
from benchmarks.reads.load import NoLoad, ensure_wrk
from benchmarks.reads.measure import Measured, Unequal, compare, measure
from benchmarks.reads.report import line, ratios, record, summary
from benchmarks.reads.servers import NotServing, install_node_modules, servers

PEOPLE: Final = 100_000
ROUNDS: Final = 5
QUICK_ROUNDS: Final = 3
SECONDS: Final = 4
QUICK_SECONDS: Final = 2
WARM: Final = 2
Results = dict[str, dict[str, Measured]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the sub-command `reads`."""
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}, shorter; nothing recorded")
    parser.add_argument("--only", type=_names, help="only these documents, separated by commas; nothing recorded")
    parser.add_argument("--check", action="store_true", help="only compare the answers")
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many people the brand has")
    parser.add_argument("--rounds", type=int, help=f"how often each is measured [{ROUNDS}; --quick: {QUICK_ROUNDS}]")
    parser.add_argument("--seconds", type=int, help=f"how long each time [{SECONDS}; --quick: {QUICK_SECONDS}]")


def run(arguments: argparse.Namespace) -> int:
    """Measures, prints and records; 1 when a document was not answered, or not as the others answer it."""
    names = arguments.only or (QUICK if arguments.quick else NAMES)
    seconds = arguments.seconds or (QUICK_SECONDS if arguments.quick else SECONDS)
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    try:
        ensure_wrk()
        install_node_modules()
        with dataset(arguments.people) as data:
            if arguments.check:
                return _check(data, names)
            results, errors = _measured(data, names, rounds, seconds)
            extras = None
            if not arguments.quick and not arguments.only:
                try:
                    extras = measure_extras(data)
                except Refused as refused:
                    errors["extras"] = str(refused)
    except (NoLoad, NotServing) as missing:
        print(missing, file=sys.stderr)
        return 1
    _print(errors, extras)
    if not arguments.quick and not arguments.only:
        record(arguments.people, rounds, seconds, results, errors, extras)
    said = {
        "documents": {name: ratios(each) for name, each in results.items()},
        "errors": errors,
        "people": arguments.people,
        "rounds": rounds,
        "seconds": seconds,
        "figures": {name: summary(each) for name, each in results.items()},
        "extras": extras.figures() if extras else None,
    }
    print(json.dumps(said))
    return 1 if errors else 0


def _measured(data: Dataset, names: tuple[str, ...], rounds: int, seconds: int) -> tuple[Results, dict[str, str]]:
    """The figures of each document, and of those that were not answered or differ, why."""
    results: Results = {}
    errors: dict[str, str] = {}
    with servers(data, SERVERS) as running:
        for name in names:
            try:
                results[name] = measure(name, data, running, rounds=rounds, seconds=seconds, warm=WARM)
                print(line(name, results[name]), flush=True)
            except (Refused, Unequal, NoLoad) as error:
                errors[name] = str(error)
                print(f"{name}: ERROR: {error}", flush=True)
    return results, errors


def _check(data: Dataset, names: tuple[str, ...]) -> int:
    """Prints whether the servers agree on each document; 1 when they do not."""
    code = 0
    with servers(data, SERVERS) as running:
        for name in names:
            try:
                print(f"{name}: equal, bytes {compare(name, data, running)}", flush=True)
            except (Refused, Unequal) as error:
                code = 1
                print(f"{name}: ERROR: {error}", flush=True)
    return code


def _print(errors: dict[str, str], extras: Extras | None) -> None:
    if extras:
        print(*extras.lines(), sep="\n")
    if errors:
        print(f"\nNot measured: {', '.join(errors)}.", file=sys.stderr)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no document {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return names
