"""What callers of aggregates alone may ask: a narrow form, with the refusals that keep single people out of answers."""

import re
from pathlib import Path

import pytest

from renche.graph import aggregate_words as words
from renche.graph.aggregate_gate import examine_aggregate
from renche.graph.errors import StatementRefused
from renche.graph.gate import examine

ROOT = Path(__file__).parents[2]
BOUGHT = "MATCH (p:Person)-[b:PURCHASED]->(v:Vehicle)"
COUNT = "RETURN count(DISTINCT p) AS n"

ALLOWED = [
    f"MATCH (p:Person) {COUNT}",
    "MATCH (p:Person) RETURN p.city AS city, count(*) AS people ORDER BY people DESC, city SKIP 1 LIMIT 5;",
    f"MATCH (p:Person {{city: '310000', licensed: true, birthYear: $year}}) {COUNT}",
    f"{BOUGHT} RETURN v.brand AS brand, avg(b.price) AS price, stDev(b.price) AS spread, count(b) AS purchases",
    f"{BOUGHT} WHERE b.retractedAt IS NULL AND (b.validTo IS NULL OR b.validTo > date()) {COUNT}",
    f"{BOUGHT}-[:OF_MODEL]->(m:Model) WHERE m.name STARTS WITH $begins RETURN m.name AS model, count(DISTINCT v) AS n",
    "MATCH (p:Person)-[:MEMBER_OF]->(c:Club), (p)-[:DRIVES]->(v:Vehicle) RETURN c.name AS club, count(DISTINCT v) AS n",
    f"MATCH (p:Person) WHERE p.city IN ['310000', $x] AND p.erased IS NULL MATCH (p)-[:DRIVES]->(v:Vehicle) {COUNT}",
    "MATCH (p:Person) RETURN p.birthYear / 10 AS decade, left(p.city, 2) AS province, count(DISTINCT p) AS n",
    f"{BOUGHT} RETURN b.validFrom.year AS year, b.validFrom.quarter AS quarter, count(DISTINCT b) AS purchases",
    f"{BOUGHT}-[:HAD]->(s:ServiceVisit), (d:Dealer) WHERE s.dealerId = d.id"
    " RETURN d.name AS dealer, sum(s.amount) AS amount",
    f"{BOUGHT}, (q:Person)-[s:SERVICES]->(w:Vehicle) WHERE s.dealerId = b.dealerId {COUNT}",
    "MATCH (a:Person)-[:MADE]->(r:Referral)-[:OF]->(p:Person) WHERE r.madeOn < date($day) RETURN count(r) AS referrals",
    f"MATCH (p:Person)<-[:OF_PERSON]-(r:Registration) WHERE NOT (r.gender = 'MALE' OR r.gender IS NULL) {COUNT}",
    f"MATCH (p:Person)-[r:DRIVES|SERVICES]-(`v 1`:Vehicle) WHERE r.validFrom > date('2026-01-31') {COUNT}",
    f"MATCH (`p`:`Person`) // a comment\nWHERE `p`.`city` <> 'DELETE' {COUNT} /* and another */",
]

REFUSED = [
    # What the form has not
    ("WITH", "MATCH (p:Person) WITH p RETURN count(DISTINCT p) AS n"),
    ("UNWIND", "UNWIND [1] AS x MATCH (p:Person) RETURN count(DISTINCT p) AS n"),
    ("OPTIONAL", "MATCH (p:Person) OPTIONAL MATCH (p)-[:DRIVES]->(v:Vehicle) RETURN count(DISTINCT p) AS n"),
    ("UNION", f"MATCH (p:Person) {COUNT} UNION MATCH (p:Person) {COUNT}"),
    ("CALL", "MATCH (p:Person) CALL (p) { MATCH (p)-[:DRIVES]->(v) RETURN v } RETURN count(DISTINCT p) AS n"),
    ("USING", f"MATCH (p:Person) USING INDEX p:Person(city) WHERE p.city = '1' {COUNT}"),
    ("RETURN", "RETURN 1 AS one"),
    ("missing", "MATCH (p:Person)"),
    ("Nothing is aggregated", "MATCH (p:Person) RETURN p.city AS city"),
    ("DISTINCT", "MATCH (p:Person) RETURN DISTINCT p.city AS city, count(*) AS n"),
    ("*", "MATCH (p:Person) RETURN *"),
    ("AS", "MATCH (p:Person) RETURN count(DISTINCT p)"),
    ("another column", "MATCH (p:Person) RETURN p.city AS n, count(*) AS n"),
    ("no column", f"MATCH (p:Person) {COUNT} ORDER BY p.city"),
    ("no column", f"MATCH (p:Person) {COUNT} ORDER BY max(p.birthYear)"),
    ("$n", f"MATCH (p:Person) {COUNT} LIMIT $n"),
    # Patterns that could stand for anybody, or for nobody
    ("name for this node", f"MATCH (p:Person)-[:DRIVES]->(:Vehicle) {COUNT}"),
    ("name for this node", "MATCH () RETURN count(*) AS n"),
    ("must say its label", f"MATCH (p:Person), (x) {COUNT}"),
    ("no label", f"MATCH (p:Person), (x:Migration) {COUNT}"),
    ("|", f"MATCH (p:Person|Vehicle) {COUNT}"),
    ("&", f"MATCH (p:Person&Vehicle) {COUNT}"),
    ("!", f"MATCH (p:!Dealer) {COUNT}"),
    ("%", f"MATCH (p:%) {COUNT}"),
    ("$", f"MATCH (p:$($label)) {COUNT}"),
    ("another label", f"MATCH (p:Person), (p:Dealer) {COUNT}"),
    ("no (person:Person)", "MATCH (p:Vehicle) RETURN count(DISTINCT p) AS n"),
    ("to a person", f"MATCH (p:Person), (v:Vehicle) {COUNT}"),
    ("to a person", f"MATCH (p:Person)-[:INTENDS_TO_BUY]->(m:Model)<-[:OF_MODEL]-(v:Vehicle) {COUNT}"),
    ("-", f"MATCH (p:Person)--(v:Vehicle) {COUNT}"),
    (":", f"MATCH (p:Person)-[r]->(v:Vehicle) {COUNT}"),
    ("no type", f"MATCH (p:Person)-[:FOR]->(v:Vehicle) {COUNT}"),
    ("*", f"MATCH (p:Person)-[:MADE*1..3]->(q:Referral) {COUNT}"),
    ("path", f"MATCH path = (p:Person)-[:DRIVES]->(v:Vehicle) {COUNT}"),
    ("(", f"MATCH ((p:Person)-[:DRIVES]->(v:Vehicle)){{1,2}} {COUNT}"),
    ("SHORTEST", f"MATCH SHORTEST 1 (p:Person)-[:DRIVES]->(v:Vehicle) {COUNT}"),
    ("WHERE", f"MATCH (p:Person WHERE p.city = '1') {COUNT}"),
    ("$props", f"MATCH (p:Person $props) {COUNT}"),
    # What names one person, or gives one away
    ("id", f"MATCH (p:Person {{id: 'per_1'}}) {COUNT}"),
    ("id", f"MATCH (p:Person) WHERE p.id <> $id {COUNT}"),
    ("`vin`", f"{BOUGHT} WHERE v.`vin` > 'L' {COUNT}"),
    ("plate", f"{BOUGHT} RETURN v.plate AS plate, count(*) AS n"),
    ("phone", "MATCH (p:Person) RETURN count(DISTINCT p.phone) AS n"),
    ("hmac", f"MATCH (p:Person)<-[:OF_PERSON]-(r:Registration)-[:GAVE]->(i:Identifier {{hmac: $x}}) {COUNT}"),
    ("recordedAt", f"{BOUGHT} WHERE b.recordedAt IS NULL {COUNT}"),
    ("name", f"MATCH (p:Person) WHERE p.name CONTAINS 'a' {COUNT}"),
    ("instant", f"{BOUGHT} RETURN b.retractedAt AS at, count(*) AS n"),
    ("instant", f"{BOUGHT} WHERE b.retractedAt > $at {COUNT}"),
    ("collect", "MATCH (p:Person) RETURN collect(p.birthYear) AS years"),
    ("min", "MATCH (p:Person) RETURN min(p.birthYear) AS year"),
    ("max", "MATCH (p:Person) RETURN max(p.birthYear) AS year, count(*) AS n"),
    ("percentileCont", "MATCH (p:Person) RETURN percentileCont(p.birthYear, 0.5) AS year"),
    ("`max`", "MATCH (p:Person) RETURN `max`.birthYear AS year, count(*) AS n"),
    (".", "MATCH (p:Person) RETURN p AS p, count(*) AS n"),
    ("properties", "MATCH (p:Person) RETURN properties(p) AS all, count(*) AS n"),
    ("keys", "MATCH (p:Person) RETURN keys(p) AS all, count(*) AS n"),
    ("labels", "MATCH (p:Person) RETURN labels(p) AS all, count(*) AS n"),
    ("elementId", "MATCH (p:Person) RETURN elementId(p) AS id, count(*) AS n"),
    ("{", "MATCH (p:Person) RETURN p{.id} AS all, count(*) AS n"),
    ("[", "MATCH (p:Person) RETURN p['id'] AS id, count(*) AS n"),
    # Ways of picking one person out of a crowd
    ("CASE", "MATCH (p:Person) RETURN sum(CASE WHEN p.city = '1' THEN p.birthYear ELSE 0 END) AS year"),
    ("*", "MATCH (p:Person) RETURN sum(p.birthYear * p.birthYear) AS year"),
    ("DISTINCT", "MATCH (p:Person) RETURN sum(DISTINCT p.birthYear) AS year"),
    ("different properties", "MATCH (p:Person) RETURN count(DISTINCT p.gender) AS genders"),
    ("public things", "MATCH (p:Person)-[:MEMBER_OF]->(c:Club) RETURN count(DISTINCT c) AS clubs"),
    ("public things", "MATCH (p:Person)-[:MEMBER_OF]->(c:Club) RETURN count(c) AS clubs"),
    ("public things", "MATCH (p:Person)-[:MEMBER_OF]->(c:Club) RETURN count(c.city) AS clubs"),
    ("public things", "MATCH (p:Person)-[:DEALT_WITH]->(d:Dealer)-[u:UNDER]->(e:Dealer) RETURN count(DISTINCT u) AS n"),
    ("public things", "MATCH (p:Person)-[:DEALT_WITH]->(d:Dealer)-[u:UNDER]->(e:Dealer) RETURN count(u) AS n"),
    ("OR", f"MATCH (p:Person) WHERE p.city = '310000' OR p.birthYear = 1933 {COUNT}"),
    ("OR", f"MATCH (p:Person) WHERE p.city = '1' AND p.birthYear = 1933 OR p.city = '2' {COUNT}"),
    ("XOR", f"MATCH (p:Person) WHERE (p.city = '310000') XOR (p.birthYear = 1933) {COUNT}"),
    ("NOT", f"MATCH (p:Person) WHERE NOT (p.city = '310000' AND p.birthYear = 1933) {COUNT}"),
    # Parts that nothing joins: to put a crowd beside a crowd takes long, and only where both are
    ("Neither", f"MATCH (p:Person), (q:Person) {COUNT}"),
    ("Neither", f"MATCH (p:Person), (d:Dealer) WHERE p.city = 'a' AND d.city = 'a' {COUNT}"),
    (
        "Neither",
        f"{BOUGHT}, (q:Person)-[s:SERVICES]->(w:Vehicle) WHERE s.dealerId = b.dealerId MATCH (d:Dealer) {COUNT}",
    ),
    ("Neither", f"MATCH (p:Person), (q:Person) WHERE p.licensed = q.licensed {COUNT}"),
    ("Neither", f"MATCH (p:Person), (q:Person) WHERE p.kind = q.kind AND p.birthYear = q.birthYear {COUNT}"),
    ("OR", f"MATCH (p:Person), (q:Person) WHERE q.city = '310000' OR p.city = '1' {COUNT}"),
    ("condition or a key", "MATCH (p:Person) WHERE p.birthYear IN [1980, 1933] RETURN sum(p.birthYear) AS years"),
    ("condition or a key", "MATCH (p:Person) RETURN p.birthYear AS year, avg(p.birthYear) AS years"),
    ("condition or a key", "MATCH (p:Person {birthYear: 1933}) RETURN avg(p.birthYear) AS years"),
    ("by = only", f"MATCH (p:Person), (q:Person) WHERE p.birthYear < q.birthYear {COUNT}"),
    # Patterns and subqueries as values
    (":", f"MATCH (p:Person) WHERE p:Vehicle {COUNT}"),
    ("EXISTS", f"MATCH (p:Person) WHERE EXISTS {{ (p)-[:DRIVES]->(:Vehicle {{vin: 'L'}}) }} {COUNT}"),
    ("COUNT", f"MATCH (p:Person) WHERE COUNT {{ (p)-[:DRIVES]->() }} > 1 {COUNT}"),
    ("COLLECT", f"MATCH (p:Person) WHERE COLLECT {{ MATCH (p)-[:DRIVES]->(v) RETURN v.vin }} = ['L'] {COUNT}"),
    (")", f"MATCH (p:Person) WHERE (p)-[:DRIVES]->(:Vehicle) {COUNT}"),
    ("[", f"MATCH (p:Person) RETURN [(p)-[:DRIVES]->(v) | v.vin] AS vins, count(*) AS n"),  # noqa: F541
    ("exists", f"MATCH (p:Person) WHERE exists((p)-[:DRIVES]->()) {COUNT}"),
    # What fails only where there is somebody
    ("1", f"MATCH (p:Person) WHERE 1 / (p.birthYear - 1933) > 0 {COUNT}"),
    ("0", f"MATCH (p:Person) WHERE p.birthYear / 0 > 1 {COUNT}"),
    ("toInteger", f"MATCH (p:Person) WHERE toInteger(p.city) > 1 {COUNT}"),
    ("date", f"MATCH (p:Person) WHERE date(p.city) > date() {COUNT}"),
    ("city", "MATCH (p:Person) RETURN sum(p.city) AS x"),
    ("city", f"MATCH (p:Person) WHERE p.city.year = 1 {COUNT}"),
    ("=~", f"MATCH (p:Person) WHERE p.city =~ '[' {COUNT}"),
    ("day", f"{BOUGHT} WHERE b.validFrom > date('2026-02-30') {COUNT}"),
    ("day", f"{BOUGHT} WHERE b.validFrom > $day {COUNT}"),
    ("number", f"MATCH (p:Person) WHERE p.birthYear = '1933' {COUNT}"),
    ("text", f"MATCH (p:Person) WHERE p.city = 310000 {COUNT}"),
    ("one kind", f"MATCH (p:Person) WHERE p.birthYear = p.city {COUNT}"),
    ("as they are", f"MATCH (p:Person), (q:Person) WHERE p.birthYear / 10 = q.birthYear {COUNT}"),
]


@pytest.mark.parametrize("statement", ALLOWED)
def test_an_aggregate_passes_and_still_passes_the_gate_when_rewritten(statement: str) -> None:
    """What goes to the database is a statement that every analyst could ask, with the same columns and parameters."""
    passed = examine_aggregate(statement, 10)
    assert examine(passed.text).parameters.keys() == examine(statement).parameters.keys()
    assert "count(DISTINCT " in passed.text
    assert " >= 10" in passed.text


@pytest.mark.parametrize(("reason", "statement"), REFUSED, ids=lambda text: ascii(text)[1:60])
def test_what_could_show_one_person_is_refused(reason: str, statement: str) -> None:
    """With its rule, a reason, and a place that the statement has."""
    with pytest.raises(StatementRefused) as refused:
        examine_aggregate(statement, 10)
    assert refused.value.rule in ("aggregate", "clauses", "functions", "brackets")
    assert reason in refused.value.message.split(": ", 1)[1]
    assert refused.value.line == 1
    assert 1 <= refused.value.column <= len(statement)
    if refused.value.rule != "aggregate":
        with pytest.raises(StatementRefused):
            examine(statement)


def test_a_refusal_says_where() -> None:
    """Line and column lead to the word at fault."""
    with pytest.raises(StatementRefused, match="aggregate, line 2, column 9: "):
        examine_aggregate(f"MATCH (p:Person)\nWHERE p.id = 'per_1'\n{COUNT}", 10)


def test_hidden_names_are_no_names_of_the_statement() -> None:
    """Whatever variables, columns and texts are called."""
    passed = examine_aggregate("MATCH (group_0:Person {city: 'group__'}) RETURN count(DISTINCT group_0) AS group_1", 10)
    assert "count(DISTINCT group_0) AS group_1, count(DISTINCT group_0) AS group___0 WHERE" in passed.text.replace(
        " ,", ","
    )


def test_the_rewritten_statement_leaves_small_groups_out_before_rows_are_limited() -> None:
    """How many were left out shows nowhere: not in what SKIP and LIMIT find, either."""
    passed = examine_aggregate("MATCH (p:Person) RETURN p.city AS city, count(DISTINCT p) AS n ORDER BY n LIMIT 1", 7)
    assert passed.text.index("WHERE group_0 >= 7 RETURN city, n") < passed.text.index("ORDER BY n LIMIT 1")


def test_rows_are_counted_where_each_is_another_person_or_thing_of_theirs() -> None:
    """Each another club is not enough: of ten members of fifteen clubs one is in six, and it would tell."""
    text = examine_aggregate("MATCH (p:Person)-[m:MEMBER_OF]->(c:Club) RETURN count(*) AS n", 10).text
    assert set(re.findall(r"count\(DISTINCT (\w)\)", text)) == {"p", "m"}


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("p.city = $x", 310000),
        ("p.city = $x", None),
        ("p.city IN $x", "310000"),
        ("p.city IN $x", ["310000", 1]),
        ("p.birthYear = $x", "1933"),
        ("p.birthYear = $x", 2**64),
        ("p.birthYear = $x", True),
        ("p.licensed = $x", 1),
        ("b.validFrom = date($x)", "20260131"),
        ("b.validFrom = date($x)", "never"),
    ],
)
def test_a_value_of_another_kind_is_refused(condition: str, value: object) -> None:
    """Before the database is asked, whose failure would tell that it found somebody."""
    passed = examine_aggregate(f"{BOUGHT} WHERE {condition} {COUNT}", 10)
    with pytest.raises(StatementRefused, match=r"parameters.*\$x must be a "):
        passed.check({"x": value})


@pytest.mark.parametrize(
    ("condition", "value"),
    [("p.city IN $x", ["310000"]), ("p.birthYear < $x", 1933.5), ("b.validTo > date($x)", "2026-01-31")],
)
def test_a_value_of_its_kind_passes(condition: str, value: object) -> None:
    """So does a list of them where one is wanted."""
    examine_aggregate(f"{BOUGHT} WHERE {condition} {COUNT}", 10).check({"x": value})


def test_every_label_type_and_property_is_decided_on() -> None:
    """Each label and type of docs/graph.md is known, and no property of ours is missing there or names one thing."""
    text = (ROOT / "docs" / "graph.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*) \|$", text, re.MULTILINE)
    known = {label: set(re.findall(r"`(\w+)`", properties)) for label, properties in rows}
    assert known.keys() == words.PUBLIC.keys() | words.INDIVIDUAL.keys()
    for label, properties in [*words.PUBLIC.items(), *words.INDIVIDUAL.items()]:
        assert properties.keys() <= known[label], label
    types = set(re.findall(r"-\[:(\w+)\]->", text))
    assert types == words.RELATIONSHIPS.keys()
    naming = {"id", "source", "sourceId", "vin", "vinReversed", "plate", "name", "phone", "hmac", "mask", "via"}
    naming |= {"fingerprint", "recordedAt", "erasedAt", "registrationId", "serviceId"}
    for properties in [*words.INDIVIDUAL.values(), *words.RELATIONSHIPS.values()]:
        assert not naming & properties.keys()


def test_the_example_in_the_document_passes() -> None:
    """The one under "Aggregates only" in docs/analysts.md."""
    text = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```cypher\n(.*?)```", text.partition("## Aggregates only")[2], re.DOTALL)
    examine_aggregate(example, 10)
