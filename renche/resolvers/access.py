"""What a field needs of its caller."""

from collections.abc import Awaitable, Callable
from typing import Any

from strawberry.extensions import FieldExtension

from renche.graph.caller import Scope
from renche.graph.errors import RencheError
from renche.resolvers.context import Context, Info


class MissingScope(RencheError):
    """The caller has not the scope that what it asks for needs."""

    code = "FORBIDDEN"


class Needs(FieldExtension):
    """Answers only callers with this scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def resolve_async(self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any) -> Any:
        context: Context = info.context
        if self.scope not in context.caller.scopes:
            raise MissingScope(f"{info.field_name} needs the scope {self.scope}, which your token has not.")
        return await next_(source, info, **kwargs)
