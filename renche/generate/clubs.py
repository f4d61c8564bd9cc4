"""Who belongs to the local clubs: one or two leads each, several core members, and many members."""

from typing import TYPE_CHECKING

from renche.generate.brand import Club
from renche.generate.people import OWNER, Person

if TYPE_CHECKING:
    from renche.generate.community import Community

_OWNERS_JOIN, _OTHERS_JOIN = 0.27, 0.12


def join(community: "Community") -> None:
    """Write the memberships: first who runs the club that has its home here, then everybody else."""
    r = community.chance.random
    if community.home_club:
        _run(community, community.home_club)
    for person in community.people:
        if person.legal or person.club:
            continue
        clubs = community.brand.clubs_in(person.city)
        if clubs and r() < (_OWNERS_JOIN if person.status == OWNER else _OTHERS_JOIN):
            club = clubs[int(r() * len(clubs))]
            # Most join after their first contact with the brand; a club is also where some have it.
            earliest = max(club.founded, person.first if person.last >= 0 else person.grown - 700)
            span = community.today - earliest - 5
            if span > 0:
                since = earliest + int(r() * span)
                left = since + int(r() * (community.today - since)) + 1 if r() < 0.08 else 0
                rank = "core" if r() < 0.02 else "member" if r() < 0.9 else ""
                _belong(community, club, person, rank, since, left)


def _run(community: "Community", club: Club) -> None:
    """Give the club its leads and core members, from the owners here who were grown when it was founded."""
    r = community.chance.random
    span = community.today - club.founded - 200
    natural = [person for person in community.people if not person.legal]
    grown = [person for person in natural if person.status == OWNER and person.grown < club.founded]
    # A community of a few people must do with whom it has.
    crew = (grown or natural)[: 5 + int(r() * 4)]
    community.voices = crew
    leads = 2 if r() < 0.6 and len(crew) > 3 else 1
    since = club.founded + int(r() * r() * span)
    if len(crew) > 4 and r() < 0.35:
        # The first lead took over from a founder, who stays as a core member.
        founder = crew[-1]
        _belong(community, club, founder, "lead", club.founded, since + 1)
        _belong(community, club, founder, "core", since + 1, 0)
        crew = crew[:-1]
        since += 1
    for person in crew[:leads]:
        _belong(community, club, person, "lead", since, 0)
        since += int(r() * (community.today - since))
    for person in crew[leads:]:
        since = club.founded + int(r() * span)
        if r() < 0.5:
            rise = since + 30 + int(r() * 160)
            _belong(community, club, person, "member", since, rise)
            since = rise
        _belong(community, club, person, "core", since, 0)


def _belong(community: "Community", club: Club, person: Person, rank: str, since: int, until: int) -> None:
    """Write one membership; `until` 0 means to this day. A person's second in the club follows the first."""
    iso = community.iso
    again = person.club is club
    if not again:
        person.club, person.club_since = club, since
    # Who runs a club is known by his main registration, a member perhaps by his other one.
    source, id_ = person.under(rank in ("member", "") and community.chance.random() < 0.5, since)
    person.seen(since)
    community.rows["memberships"].append(
        ("club", f"{club.id}-{person.id}{'-2' if again else ''}", source, id_, "club", club.id, rank,
         iso[since], iso[until] if until else "")
    )  # fmt: skip
