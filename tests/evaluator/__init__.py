"""The third witness: what a query must answer, worked out in plain Python from the meanings in the schema's text.

It knows nothing of statements, plans or loaders: a graph is lists of things and links, and each rule (time, filter,
order, page, the meaning of each field) is written here once more, in the plainest way. `rows.py` says what each field
that leads somewhere leads to: a new one has its place there.
"""

from tests.evaluator.answer import Evaluator, sdl_schema
from tests.evaluator.graph import Graph, Link, Thing, When
from tests.evaluator.lists import Cursor

__all__ = ["Cursor", "Evaluator", "Graph", "Link", "Thing", "When", "sdl_schema"]
