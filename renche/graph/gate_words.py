"""The words that an analyst's statement may use: what is not named here does not pass the gate."""

from typing import Final

CLAUSES: Final = frozenset(
    {"MATCH", "OPTIONAL", "WHERE", "WITH", "RETURN", "UNWIND", "ORDER", "SKIP", "OFFSET", "LIMIT", "UNION", "CALL"}
    | {"USING"}
)
"""Words that begin a clause, or a part of one."""

BEGINNINGS: Final = CLAUSES - {"WHERE", "ORDER", "SKIP", "OFFSET", "LIMIT", "UNION", "USING"}
"""Words with which a statement or a subquery may begin."""

BINARY: Final = frozenset({"AND", "OR", "XOR", "IN", "CONTAINS"})
"""Operators between two values."""

SUFFIXES: Final = frozenset({"ASC", "ASCENDING", "DESC", "DESCENDING"})
"""Words behind a value that want nothing more."""

SUBQUERIES: Final = frozenset({"EXISTS", "COUNT", "COLLECT"})
"""Words before a subquery in braces that is a value."""

TYPES: Final = frozenset(
    {"ANY", "BOOL", "BOOLEAN", "DATE", "DATETIME", "DURATION", "EDGE", "FLOAT", "INT", "INTEGER", "LIST", "LOCAL"}
    | {"MAP", "NODE", "NOT", "NOTHING", "NULL", "PATH", "POINT", "PROPERTY", "RELATIONSHIP", "STRING", "TIME"}
    | {"TIMESTAMP", "TIMEZONE", "VALUE", "VARCHAR", "VERTEX", "WITHOUT", "ZONED"}
)
"""Words of a type, behind `::` or IS TYPED."""

CHANGES: Final = frozenset(
    {"CREATE", "DELETE", "DETACH", "FILTER", "FINISH", "FOR", "FOREACH", "INSERT", "LET", "LOAD", "MERGE", "NODETACH"}
    | {"REMOVE", "SET", "USE", "YIELD"}
)
"""Beginnings of clauses that are not allowed. Only a convenience: as bare names they are refused with a better reason,
and where an engine could take a bare name for one of them no other name passes either, but in a sum or product."""

FUNCTIONS: Final = frozenset(
    {"all", "any", "none", "single", "reduce", "exists", "isempty", "coalesce", "nullif", "valuetype"}
    | {"avg", "collect", "count", "max", "min", "percentilecont", "percentiledisc", "stdev", "stdevp", "sum"}
    | {"labels", "type", "keys", "properties", "startnode", "endnode", "nodes", "relationships", "length", "id"}
    | {"elementid", "head", "last", "tail", "size", "range", "reverse", "shortestpath", "allshortestpaths"}
    | {"tostring", "tointeger", "tofloat", "toboolean", "tostringornull", "tointegerornull", "tofloatornull"}
    | {"tobooleanornull", "tostringlist", "tointegerlist", "tofloatlist", "tobooleanlist"}
    | {"left", "right", "ltrim", "rtrim", "trim", "btrim", "lower", "upper", "tolower", "toupper", "replace", "split"}
    | {"substring", "char_length", "character_length", "normalize"}
    | {"abs", "ceil", "floor", "round", "sign", "sqrt", "exp", "log", "log10", "e", "pi", "rand", "isnan"}
    | {"sin", "cos", "tan", "cot", "asin", "acos", "atan", "atan2", "degrees", "radians", "haversin"}
    | {"date", "datetime", "localdatetime", "time", "localtime", "duration", "timestamp"}
    | {f"{kind}.truncate" for kind in ("date", "datetime", "localdatetime", "time", "localtime")}
    | {"duration.between", "duration.inmonths", "duration.indays", "duration.inseconds"}
    | {"datetime.fromepoch", "datetime.fromepochmillis", "point", "point.distance", "point.withinbbox"}
)
"""Functions that only compute, in lower case."""

PROCEDURES: Final[frozenset[str]] = frozenset()
"""Procedures that may be called: none, since all of an analyst's questions are patterns."""
