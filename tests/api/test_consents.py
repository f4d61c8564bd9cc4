"""Consents: loaded, given and withdrawn; whether one holds; with whom they end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from renche.graph.caller import Scope
from renche.graph.clock import FixedClock
from renche.graph.database import Database
from renche.graph.ids import Kind
from renche.privacy.consent import Sharing, consented
from renche.vault.audit import Audit, AuditRecord
from renche.vault.store import Vault
from tests.api.conftest import BRAND_DAY, KEYS, Api, load, thing, token
from tests.api.test_person_commands import LIN

ZHAO, LU = (thing(Kind.PERSON, f"crm:{name}") for name in ("zhao", "lu"))
QUOTES = Sharing("insurer", "quotes")
PAYLOAD = """{ consented person { id } consents { partner purpose validFrom validTo source }
  userErrors { code message field } }"""
GIVE = f"""mutation($id: ID!, $partner: String!, $purpose: String!, $validTo: Date) {{
  consentGive(personId: $id, partner: $partner, purpose: $purpose, validTo: $validTo) {PAYLOAD} }}"""
WITHDRAW = f"""mutation($id: ID!, $partner: String!, $purpose: String!) {{
  consentWithdraw(personId: $id, partner: $partner, purpose: $purpose) {PAYLOAD} }}"""
CONSENTS = "query($id: ID!) { consents(personId: $id) { partner purpose validFrom validTo source } }"
INSURER = {"partner": "insurer", "purpose": "quotes"}
LOADED = {**INSURER, "validFrom": "2024-03-01", "validTo": None, "source": "crm"}


@pytest.fixture
def vault(brand: Api) -> Iterator[Vault]:
    with Vault.open(f"sqlite:///{brand.folder / 'vault.sqlite'}", KEYS) as vault:
        yield vault


def records(vault: Vault) -> list[AuditRecord]:
    return Audit(vault).records(limit=10_000)


async def again(api: Api, folder: Path, *rows: str) -> Any:
    """Loads rows of consents: (source_id, person, valid_from, valid_to)."""
    file = folder / "consents.csv"
    file.write_text("source,source_id,person_source_id,partner,purpose,valid_from,valid_to\n" + "\n".join(rows))
    report = await load(api.database, [file], BRAND_DAY, api.folder)
    return report.counts["consents"]


async def test_what_sources_say_holds(brand: Api) -> None:
    """A consent that is open holds, one that has ended does not, and others' purposes never do."""
    assert (await brand.ask(CONSENTS, id=LIN))["consents"] == [LOADED]
    database: Database = brand.database
    days = {"insurer": ("quotes", BRAND_DAY), "charger": ("sessions", BRAND_DAY)}
    found = {name: await consented(database, clock, LIN, Sharing(name, what)) for name, (what, clock) in days.items()}
    assert found == {"insurer": True, "charger": False}
    assert not await consented(database, BRAND_DAY, LIN, Sharing("insurer", "sessions"))
    assert not await consented(database, BRAND_DAY, LIN, Sharing("charger", "quotes"))
    assert not await consented(database, BRAND_DAY, LU, QUOTES)


@pytest.mark.parametrize(
    ("day", "holds"), [("2022-04-30", False), ("2022-05-01", True), ("2025-04-30", True), ("2025-05-01", False)]
)
async def test_a_consent_is_half_open(brand: Api, day: str, holds: bool) -> None:
    """It holds from its first day on, and on its end no longer."""
    at = FixedClock(
        BRAND_DAY.moment.replace(**dict(zip(("year", "month", "day"), map(int, day.split("-")), strict=True)))
    )
    assert await consented(brand.database, at, LIN, Sharing("charger", "sessions")) is holds


async def test_consents_are_given_and_withdrawn(brand: Api, vault: Vault) -> None:
    """Each is recorded with the caller; given twice it is there once; given again after a withdrawal it holds."""
    caller = token(brand.folder, frozenset({Scope.CONSENTS, Scope.PEOPLE}))
    headers = {"authorization": f"Bearer {caller}"}

    async def say(query: str, **more: Any) -> Any:
        body = {"query": query, "variables": {"id": LU, **INSURER, **more}}
        answer = (await brand.client.post(f"{brand.url}/graphql", json=body, headers=headers)).json()
        (payload,) = answer["data"].values()
        assert payload["userErrors"] == []
        return payload

    before = len(records(vault))
    given = {**INSURER, "validFrom": "2026-11-01", "validTo": None, "source": "renche"}
    assert (await say(GIVE))["consents"] == [given]
    until = await say(GIVE, validTo="2027-01-01")
    assert (until["consented"], until["consents"]) == (True, [given | {"validTo": "2027-01-01"}])
    gone = await say(WITHDRAW)
    assert (gone["consented"], gone["consents"], gone["person"]["id"]) == (False, [], LU)
    assert (await say(WITHDRAW))["consented"] is False
    assert (await say(GIVE))["consents"] == [given]
    assert (await say(WITHDRAW))["consents"] == []
    told = records(vault)[before:]
    assert [one.action for one in told] == [
        "consent.give", "consent.give", "consent.withdraw", "consent.withdraw", "consent.give", "consent.withdraw"
    ]  # fmt: skip
    assert {(one.actor, one.target) for one in told} == {(f"token:{caller.split('_')[2]}", LU)}
    assert told[1].detail == {**INSURER, "until": "2027-01-01"}


async def test_no_load_brings_back_what_was_withdrawn(brand: Api, tmp_path: Path) -> None:
    """The same row, a corrected one and another of an earlier day change nothing; one of a later day counts."""
    payload = (await brand.ask(WITHDRAW, id=ZHAO, **INSURER))["consentWithdraw"]
    assert (payload["consented"], payload["consents"]) == (False, [])
    for row in ("n03,zhao,2025-02-10,", "n03,zhao,2025-02-11,", "n04,zhao,,", "n05,zhao,2026-11-01,"):
        source_id, person, since, _ = row.split(",")
        await again(brand, tmp_path, f"crm,{source_id},{person},insurer,quotes,{since},")
        assert (await brand.ask(CONSENTS, id=ZHAO))["consents"] == []
    await again(brand, tmp_path, "crm,n06,zhao,insurer,quotes,2026-11-02,")
    later = FixedClock(BRAND_DAY.moment.replace(day=2))
    assert not await consented(brand.database, BRAND_DAY, ZHAO, QUOTES)
    assert await consented(brand.database, later, ZHAO, QUOTES)


async def test_a_corrected_row_takes_the_place_of_the_old_one(brand: Api, tmp_path: Path) -> None:
    """A source that ends a consent ends it; loading the same twice changes nothing."""
    row = "crm,n09,lu,charger,sessions,2026-01-01,"
    sharing = Sharing("charger", "sessions")
    assert (await again(brand, tmp_path, row)).created == 1
    assert (await again(brand, tmp_path, row)).unchanged == 1
    assert await consented(brand.database, BRAND_DAY, LU, sharing)
    assert (await again(brand, tmp_path, row + "2026-10-01")).updated == 1
    assert not await consented(brand.database, BRAND_DAY, LU, sharing)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"id": "per_" + "a" * 26}, "UNKNOWN_PERSON", "personId"),
        ({"partner": "an insurer"}, "BAD_CONSENT", "partner"),
        ({"purpose": ""}, "BAD_CONSENT", "purpose"),
        ({"validTo": "2026-11-01"}, "BAD_CONSENT", "validTo"),
    ],
)
async def test_what_can_be_mended_is_told(
    brand: Api, vault: Vault, change: dict[str, Any], code: str, field: str
) -> None:
    """Wrong arguments are user errors, and leave no record."""
    before = len(records(vault))
    payload = (await brand.ask(GIVE, **{"id": LIN, **INSURER, **change}))["consentGive"]
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"], payload["consented"]) == (code, [field], None)
    assert len(records(vault)) == before


async def test_one_who_is_hidden_is_like_one_who_is_not_there(brand: Api, vault: Vault) -> None:
    """A caller restricted to another city is told what it would be of an unknown id, and says nothing for anybody."""
    elsewhere = token(brand.folder, frozenset(Scope), cities=frozenset({"110000"}))
    before = len(records(vault))
    for query in (GIVE, WITHDRAW, CONSENTS):
        found = []
        for id_ in (LIN, "per_" + "a" * 26):
            answer = await brand.client.post(
                f"{brand.url}/graphql",
                json={"query": query, "variables": {"id": id_} if query is CONSENTS else {"id": id_, **INSURER}},
                headers={"authorization": f"Bearer {elsewhere}"},
            )
            found.append(answer.text.replace(id_, "ID"))
        assert found[0] == found[1]
        assert query is CONSENTS or "UNKNOWN_PERSON" in found[0]
    assert len(records(vault)) == before


async def test_the_scope_is_needed(brand: Api, vault: Vault) -> None:
    """With all scopes but one nothing is said or shown."""
    without = token(brand.folder, frozenset(Scope) - {Scope.CONSENTS})
    before = len(records(vault))
    for query in (GIVE, WITHDRAW, CONSENTS):
        variables = {"id": LIN} if query is CONSENTS else {"id": LIN, **INSURER}
        answer = await brand.client.post(
            f"{brand.url}/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {without}"},
        )
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
    assert len(records(vault)) == before


async def test_consents_are_in_the_copy_and_end_with_the_person(brand: Api, tmp_path: Path) -> None:
    """The copy has what was given, ended and withdrawn; an erased person has none, and takes none."""
    await brand.ask(WITHDRAW, id=LIN, **INSURER)
    export = 'mutation($id: ID!) { personExport(id: $id, reason: "asked by letter") { export } }'
    copy = (await brand.ask(export, id=LIN))["personExport"]["export"]
    assert [(one["type"], one["partner"], one["purpose"], one["thing"]["name"]) for one in copy["consents"]] == [
        ("CONSENTED_TO", "charger", "sessions", "charger"),
        ("CONSENTED_TO", "insurer", "quotes", "insurer"),
        ("WITHDREW", "insurer", "quotes", "insurer"),
    ]
    assert not {"CONSENTED_TO", "WITHDREW"} & {one["type"] for one in copy["roles"]}
    await brand.ask(
        'mutation($id: ID!) { personErase(id: $id, reason: "asked by letter") { proof { person } } }', id=LIN
    )
    assert (await brand.ask(CONSENTS, id=LIN))["consents"] == []
    payload = (await brand.ask(GIVE, id=LIN, **INSURER))["consentGive"]
    assert [error["code"] for error in payload["userErrors"]] == ["ERASED"]
    counted = await again(brand, tmp_path, "crm,n01,lin,insurer,quotes,2026-10-01,")
    assert counted.withheld == 1
    assert not await consented(brand.database, BRAND_DAY, LIN, QUOTES)
