"""Rows of roles: what a person is to a model, a vehicle or a club, from when to when."""

from typing import ClassVar

from pydantic import Field

from renche.ingest import columns as c
from renche.ingest.rows.row import Ref, Row


class PersonRoleRow(Row):
    """What all roles state that name a person for certain."""

    person_source: c.Label | None = Field(None, description="Source of the person; the row's own when empty.")
    person_source_id: c.ImpersonalKey = Field(description="Key of the person.")

    @property
    def person(self) -> Ref:
        """Who holds the role."""
        return Ref(self.person_source or self.source, self.person_source_id)


class IntentRow(PersonRoleRow):
    """A person may buy a model."""

    SUMMARY: ClassVar[str] = "A person shows the intent to buy a model."

    model_source: c.Label | None = Field(None, description="Source of the model; the row's own when empty.")
    model_source_id: c.Key = Field(description="Key of the model.")
    dealer_source: c.Label | None = Field(None, description="Source of the dealer; the row's own when empty.")
    dealer_source_id: c.Key | None = Field(None, description="Key of the dealer where the intent was shown.")
    heat: c.Heat = Field(description="`hot`, `warm` or `cold`.")
    stage: c.Stage | None = Field(None, description="`enquiry`, `visit`, `test_drive`, `quote` or `order`.")
    valid_from: c.Day | None = Field(None, description="First day of this heat and stage.")
    valid_to: c.ValidTo | None = Field(None, description="First day that it holds no longer.")

    @property
    def model(self) -> Ref:
        """What the person may buy."""
        return Ref(self.model_source or self.source, self.model_source_id)

    @property
    def dealer(self) -> Ref | None:
        """Where the intent was shown."""
        return self._ref(self.dealer_source, self.dealer_source_id)


class PurchaseRow(PersonRoleRow):
    """A person bought a vehicle."""

    SUMMARY: ClassVar[str] = "A person, natural or legal, bought a vehicle, new or used."

    vehicle_source: c.Label | None = Field(None, description="Source of the vehicle; the row's own when empty.")
    vehicle_source_id: c.ImpersonalKey = Field(description="Key of the vehicle.")
    dealer_source: c.Label | None = Field(None, description="Source of the dealer; the row's own when empty.")
    dealer_source_id: c.Key | None = Field(None, description="Key of the dealer that sold it.")
    condition: c.Condition | None = Field(None, description="`new` or `used`.")
    motive: c.Motive | None = Field(None, description="`first`, `additional` or `replacement` purchase.")
    currency: c.Currency = Field("CNY", description="ISO 4217 code of the price.")
    price: c.Amount | None = Field(
        None,
        description="What was paid, as `128800.00`: no sign, no separators, the currency's decimals at most.",
    )
    valid_from: c.Day | None = Field(None, description="Day of the purchase.")
    valid_to: c.ValidTo | None = Field(None, description="First day that the person is its owner no longer.")

    @property
    def vehicle(self) -> Ref:
        """What was bought."""
        return Ref(self.vehicle_source or self.source, self.vehicle_source_id)

    @property
    def dealer(self) -> Ref | None:
        """Who sold it."""
        return self._ref(self.dealer_source, self.dealer_source_id)


class DriveRow(PersonRoleRow):
    """A person uses a vehicle."""

    SUMMARY: ClassVar[str] = "A person uses a vehicle; several may at a time."

    vehicle_source: c.Label | None = Field(None, description="Source of the vehicle; the row's own when empty.")
    vehicle_source_id: c.ImpersonalKey = Field(description="Key of the vehicle.")
    valid_from: c.Day | None = Field(None, description="First day of use.")
    valid_to: c.ValidTo | None = Field(None, description="First day of use no longer.")

    @property
    def vehicle(self) -> Ref:
        """What is driven."""
        return Ref(self.vehicle_source or self.source, self.vehicle_source_id)


class ServiceRow(Row):
    """A vehicle came to a workshop; who brought it may be unknown."""

    SUMMARY: ClassVar[str] = "A visit of a vehicle to a workshop, with who brought it where that is known."

    vehicle_source: c.Label | None = Field(None, description="Source of the vehicle; the row's own when empty.")
    vehicle_source_id: c.ImpersonalKey = Field(description="Key of the vehicle.")
    person_source: c.Label | None = Field(None, description="Source of the person; the row's own when empty.")
    person_source_id: c.ImpersonalKey | None = Field(None, description="Key of the person who brought it.")
    dealer_source: c.Label | None = Field(None, description="Source of the dealer; the row's own when empty.")
    dealer_source_id: c.Key | None = Field(None, description="Key of the dealer whose workshop it was.")
    visited_on: c.Day = Field(description="Day of the visit.")
    kind: c.VisitKind | None = Field(
        None, description="`maintenance`, `repair`, `warranty`, `recall`, `accident` or `other`."
    )
    mileage: c.Mileage | None = Field(None, description="Odometer in whole kilometres.")
    currency: c.Currency = Field("CNY", description="ISO 4217 code of the amount.")
    amount: c.Amount | None = Field(None, description="What was charged, written like a price; 0 when nothing was.")

    @property
    def vehicle(self) -> Ref:
        """What was serviced."""
        return Ref(self.vehicle_source or self.source, self.vehicle_source_id)

    @property
    def person(self) -> Ref | None:
        """Who brought it."""
        return self._ref(self.person_source, self.person_source_id)

    @property
    def dealer(self) -> Ref | None:
        """Where it was."""
        return self._ref(self.dealer_source, self.dealer_source_id)


class MembershipRow(PersonRoleRow):
    """A person belongs to a club."""

    SUMMARY: ClassVar[str] = "A person belongs to a club."

    club_source: c.Label | None = Field(None, description="Source of the club; the row's own when empty.")
    club_source_id: c.Key = Field(description="Key of the club.")
    rank: c.Rank = Field("MEMBER", description="`lead`, `core` or `member`.")
    valid_from: c.Day | None = Field(None, description="First day in this rank.")
    valid_to: c.ValidTo | None = Field(None, description="First day in this rank no longer.")

    @property
    def club(self) -> Ref:
        """The club."""
        return Ref(self.club_source or self.source, self.club_source_id)


class ConsentRow(PersonRoleRow):
    """A person lets a partner have data for a purpose."""

    SUMMARY: ClassVar[str] = "A person consents that a partner is given data for one purpose."

    partner: c.Code = Field(description="Code of the partner, as its tokens have it.")
    purpose: c.Code = Field(description="Code of the purpose, as the partner's tokens have it.")
    valid_from: c.Day | None = Field(None, description="Day of the consent.")
    valid_to: c.ConsentTo | None = Field(None, description="First day that it holds no longer; it may lie ahead.")
