"""The operators that a plan of Neo4j may have for an analyst's statement: those that read the graph and compute."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_FAMILIES: Final = frozenset(
    {"NodeByLabelScan", "RelationshipTypeScan", "NodeIndexSeek", "NodeIndexSeekByRange", "NodeIndexScan"}
    | {"NodeIndexContainsScan", "NodeIndexEndsWithScan", "NodeUniqueIndexSeek", "NodeUniqueIndexSeekByRange"}
    | {"RelationshipIndexSeek", "RelationshipIndexSeekByRange", "RelationshipIndexScan", "AllRelationshipsScan"}
    | {"RelationshipIndexContainsScan", "RelationshipIndexEndsWithScan", "RelationshipTypesScan", "NodeByLabelsScan"}
    | {"RelationshipByElementIdSeek", "RelationshipByIdSeek", "NodeByElementIdSeek", "NodeByIdSeek", "AllNodesScan"}
    | {"UnionRelationshipTypesScan", "RelationshipUniqueIndexSeek", "RelationshipUniqueIndexSeekByRange"}
)
_FORMS: Final = ("", "Directed", "Undirected", "Union", "Intersection", "Subtraction", "Multi", "Partitioned")

OPERATORS: Final = frozenset(
    {form + family for form in _FORMS for family in _FAMILIES}
    | {"NodeCountFromCountStore", "RelationshipCountFromCountStore", "Argument", "ArgumentTracker", "EmptyRow"}
    | {"Expand(All)", "Expand(Into)", "OptionalExpand(All)", "OptionalExpand(Into)", "VarLengthExpand(All)"}
    | {"VarLengthExpand(Into)", "VarLengthExpand(Pruning)", "VarLengthExpand(Pruning,BFS)", "ProjectEndpoints"}
    | {"VarLengthExpand(Pruning,BFS,All)", "VarLengthExpand(Pruning,BFS,Into)", "PathPropagatingBFS"}
    | {"Repeat", "Repeat(Trail)", "Repeat(Walk)", "Repeat(Acyclic)", "BidirectionalRepeat(Trail)", "NullifyMetadata"}
    | {"ShortestPath", "AllShortestPaths", "StatefulShortestPath(All)", "StatefulShortestPath(Into)"}
    | {"Apply", "SemiApply", "AntiSemiApply", "Anti", "LetSemiApply", "LetAntiSemiApply", "SelectOrSemiApply"}
    | {"SelectOrAntiSemiApply", "LetSelectOrSemiApply", "LetSelectOrAntiSemiApply", "ConditionalApply"}
    | {"AntiConditionalApply", "RollUpApply"}
    | {"CartesianProduct", "NodeHashJoin", "ValueHashJoin", "LeftOuterHashJoin", "RightOuterHashJoin", "AssertSameNode"}
    | {"NodeLeftOuterHashJoin", "NodeRightOuterHashJoin", "TriadicSelection", "TriadicBuild", "TriadicFilter"}
    | {"Filter", "Projection", "CacheProperties", "RemoteBatchProperties", "Distinct", "OrderedDistinct", "Limit"}
    | {"ExhaustiveLimit", "Skip", "Sort", "PartialSort", "Top", "PartialTop", "Top1WithTies", "Eager", "Optional"}
    | {"EagerAggregation", "OrderedAggregation", "Aggregation", "Union", "OrderedUnion", "Unwind", "ProduceResults"}
)
"""Names of operators, without the database's name behind them."""


def unknown_operators(plan: Mapping[str, Any]) -> list[str]:
    """The plan's operators that are not allowed."""
    return sorted({name for name in _names(plan) if name not in OPERATORS})


def _names(plan: Mapping[str, Any]) -> Iterator[str]:
    yield str(plan["operatorType"]).partition("@")[0]
    for child in plan.get("children", ()):
        yield from _names(child)
