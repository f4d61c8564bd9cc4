"""Visits to the workshop: about two a year under warranty, fewer afterwards, and at last none."""

from typing import TYPE_CHECKING

from renche.generate.draw import spread
from renche.generate.people import Person
from renche.generate.vehicles import Holding, Vehicle

if TYPE_CHECKING:
    from renche.generate.community import Community

_KINDS_IN_WARRANTY = spread({"maintenance": 66, "warranty": 16, "repair": 8, "recall": 4, "accident": 5, "other": 1})
_KINDS_LATER = spread({"maintenance": 62, "repair": 26, "accident": 8, "recall": 2, "other": 2})
# Lowest amount and range in units of ten yuan.
_AMOUNTS = {"maintenance": (28, 130), "repair": (20, 520), "accident": (60, 2400), "other": (5, 90)}
# The workshops' system keeps two years.
_KEPT_DAYS = 2 * 365
_FREE = frozenset({"warranty", "recall"})


def visit(community: "Community", vehicle: Vehicle) -> None:
    """Write the vehicle's visits up to today, or up to the day when the brand lost sight of it."""
    r = community.chance.random
    iso = community.iso
    rows = community.rows["services"]
    near = community.brand.dealers_near(vehicle.holdings[-1].buyer.city)
    warranty_until = vehicle.warranty_until
    last = community.today
    end = vehicle.holdings[-1].until
    if end and r() < 0.6:
        last = end
    # Many leave when the warranty ends, some before.
    x = r()
    if x < 0.36:
        last = min(last, warranty_until)
    elif x < 0.43:
        last = min(last, vehicle.delivered + 100 + int(r() * 700))
    per_day = 18 + int(r() * 44)
    day = vehicle.delivered + 50 + int(r() * 120)
    number = 0
    kept_since = community.today - _KEPT_DAYS
    holdings = iter(vehicle.holdings)
    holding = next(holdings)
    servicer = _servicer(community, holding)
    while day <= last:
        while holding.until and holding.until <= day:
            following = next(holdings, None)
            if following is None:
                servicer = None
                break
            holding = following
            servicer = _servicer(community, holding)
        number += 1
        x = r()
        brings = servicer if x < 0.93 else None if x < 0.97 else holding.buyer
        if brings is holding.buyer and (brings.legal or (holding.until and holding.until <= day)):
            brings = None
        if brings is not None:
            brings.seen(day)
        dealer = vehicle.dealer if x < 0.8 else near[int(r() * len(near))]
        in_warranty = day < warranty_until
        kind = (_KINDS_IN_WARRANTY if in_warranty else _KINDS_LATER)[int(r() * 100)]
        if kind in _FREE:
            amount = "0.00"
        else:
            least, span = _AMOUNTS[kind]
            u = r()
            amount = f"{least + int(u * u * span)}0.00" if u < 0.98 else ""
        visited = (
                "service", f"{vehicle.id}-{number}", "dms", vehicle.id,
                brings.source if brings else "", brings.id if brings else "",
                "dms" if x < 0.985 else "", dealer.id if x < 0.985 else "", iso[day], kind,
                str(per_day * (day - vehicle.delivered) + int(x * 100)) if x > 0.03 else "", amount, "CNY",
        )  # fmt: skip
        if day >= kept_since:
            rows.append(visited)
        day += 110 + int(r() * 112) if in_warranty else 210 + int(r() * 330)
        if not in_warranty and r() < 0.13:
            break


def _servicer(community: "Community", holding: Holding) -> Person | None:
    """Who brings the vehicle as a rule: the buyer, who also drives it, or somebody who is neither."""
    r = community.chance.random
    buyer, driver = holding.buyer, holding.vehicle.second_driver
    x = r()
    if buyer.legal:
        return driver if x < 0.75 else None
    if x < 0.68:
        return buyer
    if x < 0.80:
        return driver or buyer
    if x < 0.92:
        circle = buyer.household.members if buyer.household and x < 0.86 else community.people
        other = circle[int(r() * len(circle))]
        return buyer if other.legal else other
    return None
