"""The engines as courts of the three witnesses, and the databases that can hold a vault."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import postgres_url
from tests.witnesses import Court


@pytest.fixture(scope="module", params=["neo4j", "embedded"])
def court(request: pytest.FixtureRequest) -> Court:
    """Each engine in turn, with what asks it."""
    return Court.of(request.param, request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL in which tests make schemas of their own."""
    with postgres_url() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty vault; on PostgreSQL a schema of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/vault/vault.db"
        return
    base: str = request.getfixturevalue("postgres")
    schema = f"renche_test_{uuid4().hex}"
    engine = create_engine(base.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield f"{base}{'&' if '?' in base else '?'}options=-csearch_path%3D{schema}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
