"""Intents to buy over time: cold, warm, hot, each a row with its interval, up to a purchase or today."""

from typing import TYPE_CHECKING

from renche.generate.brand import Dealer, Model
from renche.generate.draw import spread
from renche.generate.people import NEVER, PAST, Person

if TYPE_CHECKING:
    from renche.generate.community import Community

_COURSES = spread(
    {
        ("cold",): 28, ("cold", "warm"): 18, ("cold", "warm", "hot"): 14, ("warm",): 13, ("warm", "hot"): 11,
        ("hot",): 4, ("warm", "cold"): 8, ("hot", "warm"): 4,
    }
)  # fmt: skip
_STAGES = {
    "cold": ("enquiry", "enquiry", "enquiry", ""),
    "warm": ("visit", "test_drive", "visit", "enquiry"),
    "hot": ("quote", "quote", "test_drive", "order"),
}
_SEEN_AT = spread(
    {
        "site": 18, "app": 17, "mini_programme": 17, "dms": 20, "call_centre": 8, "live_stream": 9,
        "auto_show": 6, "club": 5,
    }
)  # fmt: skip


def intend(community: "Community", person: Person) -> None:
    """Write the intents that led to the person's recent purchases, and the one he has now, if any."""
    r = community.chance.random
    today = community.today
    for holding in person.holdings:
        if holding.condition == "new" and holding.since > today - 1400 and r() < 0.3:
            course = _COURSES[int(r() * 100)]
            start = holding.since - 2 - int(r() * 50)
            _write(community, person, holding.vehicle.model, holding.dealer, course, start, holding.since)
    wants = 0.62 if person.status == NEVER else 0.3 if person.status == PAST else 0.1
    if person.legal or person.grown > today or r() >= wants:
        return
    course = _COURSES[int(r() * 100)]
    u = r()
    start = today - int(u * (130 if course[-1] == "hot" else u * 700))
    near = community.brand.dealers_near(person.city)
    dealer = near[int(r() * len(near))] if r() < 0.55 else None
    ended = start + 60 + int(r() * 90) if start < today - 160 and r() < 0.6 else 0
    _write(community, person, community.brand.model_sold(community.chance, start), dealer, course, start, ended)


def _write(
    community: "Community",
    person: Person,
    model: Model,
    dealer: Dealer | None,
    course: tuple[str, ...],
    start: int,
    end: int,
) -> None:
    """Rows for a course of heats of which the last began at `start`; each ends where the next begins."""
    r = community.chance.random
    iso = community.iso
    starts = [start]
    for _ in course[1:]:
        starts.append(starts[-1] - 12 - int(r() * 75))
    starts.reverse()
    ends = [*starts[1:], end]
    source, id_ = person.under(r() < 0.5, starts[0])
    seen_at = _SEEN_AT[int(r() * len(_SEEN_AT))]
    person.seen(starts[0])
    person.seen(start)
    for heat, since, until in zip(course, starts, ends, strict=True):
        stages = _STAGES[heat]
        community.rows["intents"].append(
            (
                seen_at, community.next_id("intents"), source, id_, "catalogue", model.id,
                "dms" if dealer else "", dealer.id if dealer else "", heat, stages[int(r() * 4)],
                iso[since], iso[until] if until else "",
            )
        )  # fmt: skip
