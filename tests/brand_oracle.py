"""The questions of `examples/brand/answers.json`, put to the files themselves with DuckDB.

The answers were worked out by hand from the story. This says the same definitions again in SQL, so that
a change of the files that alters an answer is noticed without any engine.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

BRAND = Path(__file__).resolve().parents[1] / "examples" / "brand"
KINDS = (
    "people",
    "vehicles",
    "models",
    "dealers",
    "clubs",
    "households",
    "intents",
    "purchases",
    "drives",
    "services",
    "memberships",
    "consents",
    "referrals",
    "referral_steps",
)

# Every reference as one column "source:source_id"; the source defaults to the row's own.
_VIEWS = """
CREATE VIEW person AS SELECT key, kind, city, licensed, household, household_relation AS relation,
    household_from AS since, household_to AS until FROM people;
CREATE VIEW vehicle AS SELECT key, household, household_from AS since, household_to AS until,
    coalesce(try_cast(delivered_on AS DATE), try_cast(built_on AS DATE),
             try_cast(model_year || '-01-01' AS DATE)) AS in_use_since FROM vehicles;
CREATE MACRO valid(since, until, day) AS
    (since IS NULL OR since::DATE <= day) AND (until IS NULL OR until::DATE > day);
CREATE MACRO owned(day) AS TABLE
    SELECT p.person, p.vehicle FROM purchases p WHERE valid(p.valid_from, p.valid_to, day)
    AND NOT EXISTS (SELECT 1 FROM purchases l WHERE l.vehicle = p.vehicle AND l.valid_from::DATE <= day
                    AND l.valid_from > coalesce(p.valid_from, '0001-01-01'));
CREATE MACRO living(day) AS TABLE
    SELECT key AS person, household, licensed FROM person
    WHERE household IS NOT NULL AND valid(since, until, day);
CREATE MACRO fleet(day) AS TABLE
    SELECT household, key AS vehicle FROM vehicle WHERE household IS NOT NULL AND valid(since, until, day)
    UNION SELECT l.household, d.vehicle FROM living(day) l JOIN drives d USING (person)
          WHERE valid(d.valid_from, d.valid_to, day)
    UNION SELECT l.household, o.vehicle FROM living(day) l JOIN owned(day) o USING (person);
CREATE VIEW step AS SELECT referral, upper(status) AS status, reached_on::DATE AS reached_on,
    list_position(['INVITED', 'LEAD', 'VISITED', 'TEST_DRIVE', 'ORDERED', 'DELIVERED', 'REJECTED', 'EXPIRED',
                   'VOIDED'], upper(status)) AS rank FROM referral_steps;
CREATE VIEW referral AS SELECT r.key, r.referrer, r.friend, r.dealer, r.made_on::DATE AS made_on, p.city,
    coalesce((SELECT arg_max(status, (reached_on, rank)) FROM step s WHERE s.referral = r.key), 'INVITED')
    AS standing FROM referrals r JOIN person p ON p.key = r.referrer;
"""


class Brand:
    """The fourteen files as tables, with every reference as `source:source_id`, and a day that is today."""

    def __init__(self, today: date, folder: Path = BRAND) -> None:
        self._today = today
        self._database = duckdb.connect()
        for kind in KINDS:
            file = self._database.read_csv(str(folder / f"{kind}.csv"), all_varchar=True)
            links = [name.removesuffix("_source_id") for name in file.columns if name.endswith("_source_id")]
            named = [f"coalesce({link}_source, source) || ':' || {link}_source_id AS \"{link}\"" for link in links]
            file.project(", ".join(["*", "source || ':' || source_id AS key", *named])).create(kind)
        self._database.execute(_VIEWS)

    def close(self) -> None:
        """Forget the tables."""
        self._database.close()

    def rows(self) -> dict[str, int]:
        """The number of rows of each file."""
        return {kind: self._ask(f"SELECT count(*) FROM {kind}")[0][0] for kind in KINDS}  # noqa: S608

    def owners(self) -> dict[str, list[str]]:
        """The owners of each city."""
        return _lists(
            self._ask("SELECT DISTINCT p.city, o.person FROM owned($day) o JOIN person p ON p.key = o.person")
        )

    def vehicle_owners(self, vehicle: str, as_of: date) -> list[str]:
        """Who owned a vehicle at a day."""
        rows = self._ask("SELECT person FROM owned($day) WHERE vehicle = $vehicle", day=as_of, vehicle=vehicle)
        return sorted(person for (person,) in rows)

    def owners_who_referred(self) -> dict[str, dict[str, list[dict[str, str]]]]:
        """By city and owner: the referrals, their friends and where each stands."""
        answer: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
        for city, owner, referral, friend, status in self._ask(
            "SELECT city, referrer, key, friend, standing FROM referral"
            " WHERE referrer IN (SELECT person FROM owned($day)) ORDER BY key"
        ):
            answer[city][owner].append({"referral": referral, "friend": friend, "status": status})
        return answer

    def referral_chain(self, person: str, depth: int) -> list[dict[str, Any]]:
        """Whom a person led to, with the path of referrals; none is taken twice on one path."""
        rows = self._ask(
            "WITH RECURSIVE chain AS (SELECT friend, [key] AS path FROM referral WHERE referrer = $person"
            " UNION ALL SELECT r.friend, list_append(c.path, r.key) FROM chain c"
            " JOIN referral r ON r.referrer = c.friend"
            " WHERE NOT list_contains(c.path, r.key) AND len(c.path) < $depth)"
            " SELECT friend, path FROM chain ORDER BY len(path), path",
            person=person,
            depth=depth,
        )
        return [{"person": friend, "depth": len(path), "path": path} for friend, path in rows]

    def household_fleet(self) -> dict[str, dict[str, list[list[str]]]]:
        """By household and vehicle: the roles that members hold today."""
        answer: dict[str, dict[str, list[list[str]]]] = {
            household: {} for (household,) in self._ask("SELECT key FROM households")
        }
        for household, vehicle in self._ask("SELECT household, vehicle FROM fleet($day)"):
            answer[household][vehicle] = []
        for household, vehicle, person, role in self._ask(
            "WITH held AS ("
            " SELECT person, vehicle, 'PURCHASED' AS role FROM purchases"
            "  WHERE valid(valid_from, valid_to, $day)"
            " UNION SELECT person, vehicle, 'DRIVES' FROM drives WHERE valid(valid_from, valid_to, $day)"
            " UNION SELECT person, vehicle, 'SERVICES' FROM services WHERE visited_on::DATE <= $day)"
            " SELECT f.household, f.vehicle, h.person, h.role FROM fleet($day) f"
            " JOIN living($day) l USING (household)"
            " JOIN held h ON h.person = l.person AND h.vehicle = f.vehicle"
            " ORDER BY ALL"
        ):
            answer[household][vehicle].append([person, role])
        return answer

    def lapsed_owners(self, city: str, months: int) -> list[str]:
        """Owners of the city none of whose vehicles older than that had a service in that time."""
        rows = self._ask(
            "SELECT o.person FROM owned($day) o JOIN vehicle v ON v.key = o.vehicle"
            " JOIN person p ON p.key = o.person"
            " LEFT JOIN services s ON s.vehicle = v.key AND s.visited_on::DATE >= $day - to_months($months)"
            " WHERE p.city = $city AND v.in_use_since < $day - to_months($months)"
            " GROUP BY o.person HAVING count(s.key) = 0",
            city=city,
            months=months,
        )
        return sorted(person for (person,) in rows)

    def repurchase_candidates(self) -> dict[str, dict[str, list[str]]]:
        """By city and owner: the reasons why this owner may buy again."""
        answer: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for city, owner, reason in self._ask(
            "WITH driving AS (SELECT l.household, count(*) AS people FROM living($day) l"
            "  WHERE l.licensed = 'true' OR EXISTS (SELECT 1 FROM drives d WHERE d.person = l.person"
            "   AND valid(d.valid_from, d.valid_to, $day)) GROUP BY l.household),"
            " short AS (SELECT household FROM driving WHERE people >"
            "  (SELECT count(*) FROM fleet($day) f WHERE f.household = driving.household)),"
            " reasons AS (SELECT o.person, 'VEHICLE_AGE' AS reason FROM owned($day) o"
            "   JOIN vehicle v ON v.key = o.vehicle"
            "   WHERE datesub('year', v.in_use_since, $day) BETWEEN 4 AND 7"
            "  UNION SELECT person, 'HOUSEHOLD_SHORT_OF_VEHICLES' FROM living($day)"
            "   SEMI JOIN short USING (household)"
            "  UNION SELECT i.person, 'INTENT_ROSE' FROM intents i WHERE i.heat = 'hot'"
            "   AND valid(i.valid_from, i.valid_to, $day) AND i.valid_from::DATE >= $day - to_days(90)"
            "   AND EXISTS (SELECT 1 FROM intents e WHERE e.person = i.person AND e.model = i.model"
            "               AND e.heat IN ('cold', 'warm') AND e.valid_from < i.valid_from))"
            " SELECT p.city, r.person, r.reason FROM reasons r JOIN person p ON p.key = r.person"
            " WHERE r.person IN (SELECT person FROM owned($day)) ORDER BY ALL"
        ):
            answer[city][owner].append(reason)
        return answer

    def referral_funnel(
        self, city: str, dealer: str | None, start: str | None, end: str | None
    ) -> tuple[dict[str, int], dict[str, int]]:
        """How many referrals reached each step, and how many stand there; steps without any are left out."""
        chosen = (
            "WITH chosen AS (SELECT * FROM referral WHERE city = $city"
            " AND ($dealer IS NULL OR dealer = $dealer)"
            " AND ($start IS NULL OR made_on >= $start::DATE) AND ($end IS NULL OR made_on < $end::DATE)) "
        )
        asked = {"city": city, "dealer": dealer, "start": start, "end": end}
        reached = (
            "SELECT status, count(DISTINCT key) FROM (SELECT key, 'INVITED' AS status FROM chosen"
            " UNION SELECT key, status FROM chosen JOIN step ON step.referral = chosen.key) GROUP BY status"
        )
        standing = "SELECT standing, count(*) FROM chosen GROUP BY standing"
        return dict(self._ask(chosen + reached, **asked)), dict(self._ask(chosen + standing, **asked))

    def club_members(self, rank: str) -> dict[str, list[str]]:
        """Today's members of each club who have this rank; a row that names none means an ordinary member."""
        return _lists(
            self._ask(
                "SELECT club, person FROM memberships WHERE valid(valid_from, valid_to, $day)"
                " AND coalesce(rank, 'member') = $rank",
                rank=rank,
            )
        )

    def shared_phones(self) -> list[list[str]]:
        """The groups of people who gave the same phone, however it is written."""
        rows = self._ask(
            "SELECT list(key ORDER BY key) FROM people WHERE phone IS NOT NULL"
            " GROUP BY right(replace(phone, ' ', ''), 11) HAVING count(*) > 1"
        )
        return [group for (group,) in rows]

    def dangling(self) -> list[str]:
        """References that no row answers to, as `file row column`."""
        targets = {
            "person": "people",
            "referrer": "people",
            "friend": "people",
            "parent": "dealers",
            "referral": "referrals",
        }
        found = []
        for kind in KINDS:
            for column in self._database.table(kind).columns:
                link = column.removesuffix("_source_id")
                if link == column:
                    continue
                target = targets.get(link, f"{link}s")
                found += [
                    f"{kind} {key} {link}"
                    for (key,) in self._ask(
                        f'SELECT key FROM {kind} t WHERE t."{link}" IS NOT NULL'  # noqa: S608
                        f' AND NOT EXISTS (SELECT 1 FROM {target} x WHERE x.key = t."{link}")'
                    )
                ]
        return found

    def _ask(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        known = {"day": self._today, **values}
        return self._database.execute(query, {k: v for k, v in known.items() if f"${k}" in query}).fetchall()


def _lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    answer: dict[str, list[str]] = defaultdict(list)
    for key, value in sorted(pairs):
        answer[key].append(value)
    return answer
