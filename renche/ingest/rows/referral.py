"""Rows of referrals and of the steps that each reached."""

from typing import ClassVar

from pydantic import Field

from renche.ingest import columns as c
from renche.ingest.rows.row import Ref, Row


class ReferralRow(Row):
    """A person recommended the brand to another one."""

    SUMMARY: ClassVar[str] = "A person recommended the brand to a friend."

    source_id: c.ImpersonalKey = Field(
        description="The referral's key in that system; never a phone, plate or ID-card number."
    )
    referrer_source: c.Label | None = Field(None, description="Source of the referrer; the row's own when empty.")
    referrer_source_id: c.ImpersonalKey = Field(description="Key of the person who recommends.")
    friend_source: c.Label | None = Field(None, description="Source of the friend; the row's own when empty.")
    friend_source_id: c.ImpersonalKey = Field(
        description="Key of the person recommended to; the referrer again is loaded too: cheating must show."
    )
    dealer_source: c.Label | None = Field(None, description="Source of the dealer; the row's own when empty.")
    dealer_source_id: c.Key | None = Field(None, description="Key of the dealer that the friend was sent to.")
    club_source: c.Label | None = Field(None, description="Source of the club; the row's own when empty.")
    club_source_id: c.Key | None = Field(None, description="Key of the club that it went through.")
    vehicle_source: c.Label | None = Field(None, description="Source of the vehicle; the row's own when empty.")
    vehicle_source_id: c.ImpersonalKey | None = Field(
        None, description="Key of the vehicle that was bought in the end."
    )
    made_on: c.Day = Field(description="Day of the recommendation.")

    @property
    def referrer(self) -> Ref:
        """Who recommends."""
        return Ref(self.referrer_source or self.source, self.referrer_source_id)

    @property
    def friend(self) -> Ref:
        """To whom."""
        return Ref(self.friend_source or self.source, self.friend_source_id)

    @property
    def dealer(self) -> Ref | None:
        """Where the friend was sent."""
        return self._ref(self.dealer_source, self.dealer_source_id)

    @property
    def club(self) -> Ref | None:
        """The club it went through."""
        return self._ref(self.club_source, self.club_source_id)

    @property
    def vehicle(self) -> Ref | None:
        """What was bought in the end."""
        return self._ref(self.vehicle_source, self.vehicle_source_id)


class ReferralStepRow(Row):
    """A referral reached a status."""

    SUMMARY: ClassVar[str] = "A referral reached a status on a day; late and in any order."

    source_id: c.ImpersonalKey = Field(
        description="The step's key in that system; never a phone, plate or ID-card number."
    )
    referral_source: c.Label | None = Field(None, description="Source of the referral; the row's own when empty.")
    referral_source_id: c.ImpersonalKey = Field(description="Key of the referral.")
    status: c.ReferralStatus = Field(
        description="`invited`, `lead`, `visited`, `test_drive`, `ordered`, `delivered`, `rejected`, "
        "`expired` or `voided`."
    )
    reached_on: c.Day = Field(description="Day on which it was reached.")

    @property
    def referral(self) -> Ref:
        """The referral."""
        return Ref(self.referral_source or self.source, self.referral_source_id)
