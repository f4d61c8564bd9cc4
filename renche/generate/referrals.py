"""Referrals: an owner recommends a friend, and the steps from the invitation to a delivery or another end.

A delivered referral explains a purchase that exists: its last step is the day of that purchase.
"""

from typing import TYPE_CHECKING

from renche.generate.brand import Dealer
from renche.generate.draw import spread
from renche.generate.people import Person
from renche.generate.vehicles import Holding

if TYPE_CHECKING:
    from renche.generate.community import Community

STEPS = ("invited", "lead", "visited", "test_drive", "ordered", "delivered")
_DELIVERED, _DELIVERED_AT_HOME = 0.035, 0.15
"""Of first-hand purchases, how many came from a referral; and among those who run a club and their neighbours."""
_RECOMMENDS = 0.1
"""How many owners ever recommended somebody without success."""
# How far a referral without delivery came, and how it ended ("": nobody has said).
_REACHED = spread({1: 34, 2: 29, 3: 18, 4: 13, 5: 6})
_ENDS = spread({"expired": 42, "rejected": 34, "voided": 6, "": 18})
_LONGEST_WAIT = (0, 9, 35, 12, 30, 45)
"""Days that pass at most before each step."""


def refer(community: "Community") -> None:
    """Write the referrals among the people of the community."""
    r = community.chance.random
    owners = [person for person in community.people if person.holdings and not person.legal]
    if len(owners) < 2:
        return
    share = _DELIVERED_AT_HOME if community.voices else _DELIVERED
    for vehicle in community.vehicles:
        bought = vehicle.holdings[0]
        if not bought.buyer.legal and r() < share:
            _success(community, owners, bought)
    natural = [person for person in community.people if not person.legal]
    for referrer in owners:
        keen = referrer in community.voices
        for _ in range(int(r() * 7) if keen else r() < _RECOMMENDS):
            _attempt(community, referrer, natural[int(r() * len(natural))])


def _success(community: "Community", owners: list[Person], bought: Holding) -> None:
    """A referral that ended with this purchase, if an owner is found who could have made it."""
    r = community.chance.random
    friend, voices = bought.buyer, community.voices
    days = [bought.since]
    for wait in reversed(_LONGEST_WAIT[1:]):
        days.append(days[-1] - int(r() * (wait + 1)))
    days.reverse()
    for _ in range(8):
        # Few recommend a lot: the lead before the core members, and these before everybody else.
        few = voices and r() < 0.7
        referrer = voices[int(r() * r() * len(voices))] if few else owners[int(r() * len(owners))]
        if _strangers(referrer, friend) and _owned(referrer, days[0]):
            steps = list(zip(STEPS, days, strict=True))
            _write(community, referrer, friend, bought.dealer, bought.vehicle.id, steps)
            return


def _attempt(community: "Community", referrer: Person, friend: Person) -> None:
    """A referral that has not come to a delivery, or not yet."""
    r = community.chance.random
    today = community.today
    bought = referrer.holdings[-1]
    last = bought.until or today
    if friend is referrer or last - bought.since < 30:
        return
    u = r()
    day = last - int(u * u * (last - bought.since - 10))
    steps = [("invited", day)]
    for number in range(1, _REACHED[int(r() * 100)]):
        day += int(r() * (_LONGEST_WAIT[number] + 1))
        if day > today:
            break
        steps.append((STEPS[number], day))
    # Recommending one's own household is against the rules and is found out.
    end = _ENDS[int(r() * 100)] if _strangers(referrer, friend) else "voided"
    day += 90 if end == "expired" else 1 + int(r() * 60)
    if end and day <= today:
        steps.append((end, day))
    near = community.brand.dealers_near(friend.city)
    dealer = near[int(r() * len(near))] if len(steps) > 1 or r() < 0.4 else None
    _write(community, referrer, friend, dealer, "", steps)


def _strangers(one: Person, another: Person) -> bool:
    return one is not another and (one.household is None or one.household is not another.household)


def _owned(person: Person, day: int) -> bool:
    """Whether the person held a vehicle of the brand that day."""
    return any(held.since <= day and (not held.until or held.until > day) for held in person.holdings)


def _write(
    community: "Community",
    referrer: Person,
    friend: Person,
    dealer: Dealer | None,
    vehicle: str,
    steps: list[tuple[str, int]],
) -> None:
    iso = community.iso
    made_on = steps[0][1]
    club = referrer.club if referrer.club and referrer.club_since <= made_on else None
    source, id_ = "club" if club else "app", community.next_id("referrals")
    referrer.seen(made_on)
    friend.seen(steps[-1][1])
    community.rows["referrals"].append(
        (
            source, id_, referrer.source, referrer.id, friend.source, friend.id,
            "dms" if dealer else "", dealer.id if dealer else "",
            "club" if club else "", club.id if club else "",
            "dms" if vehicle else "", vehicle, iso[made_on],
        )
    )  # fmt: skip
    community.rows["referral_steps"] += [
        (source, f"{id_}-{number}", source, id_, status, iso[day]) for number, (status, day) in enumerate(steps, 1)
    ]
