"""Rows of people: what one touchpoint knows of a person."""

from typing import ClassVar

from pydantic import Field

from renche.ingest import columns as c
from renche.ingest.rows.row import Ref, Row


class PersonRow(Row):
    """One person as one source knows them."""

    SUMMARY: ClassVar[str] = "A person as one source knows them, natural or legal."

    source_id: c.ImpersonalKey = Field(
        description="The person's key in that system; never a phone, plate, ID-card number or e-mail "
        "address, since source ids stand in clear in the graph."
    )
    kind: c.PersonKind | None = Field(None, description="`natural` person or `legal` one (a company).")
    name: c.Text | None = Field(None, description="The whole name.")
    phone: c.Phone | None = Field(
        None,
        description="One number; mainland mobiles with or without +86, others as dialled in China or with +.",
    )
    email: c.Email | None = Field(None, description="One e-mail address.")
    wechat_unionid: c.Account | None = Field(None, description="WeChat unionid.")
    app_account: c.Account | None = Field(None, description="Account in the brand's app.")
    member_number: c.Account | None = Field(None, description="Number in the brand's member programme.")
    id_card: c.IdCard | None = Field(
        None,
        description="Number of the identity card, 18 characters or the old 15 digits (brought to 18).",
    )
    plate: c.Plate | None = Field(None, description="Plate that the person gave as theirs.")
    gender: c.Gender | None = Field(None, description="`female` or `male`.")
    birth_year: c.BirthYear | None = Field(None, description="Year of birth, from 1900 on.")
    city: c.City | None = Field(
        None,
        description="Six-digit code (GB/T 2260) of where the person lives; a county's becomes its city's.",
    )
    licensed: c.Truth | None = Field(None, description="Whether the person has a driving licence: `true` or `false`.")
    touchpoint: c.Label | None = Field(None, description="Where the person was seen, as `app` or `store`.")
    first_seen: c.Day | None = Field(None, description="First day seen there.")
    last_seen: c.LastSeen | None = Field(None, description="Last day seen there, not before `first_seen`.")
    household_source: c.Label | None = Field(None, description="Source of the household; the row's own when empty.")
    household_source_id: c.ImpersonalKey | None = Field(
        None, description="Key of the household that the person lives in."
    )
    household_relation: c.Relation | None = Field(
        None,
        description="What the person is there: `head`, `spouse`, `child`, `parent`, `sibling` or `other`.",
    )
    household_from: c.HouseholdFrom | None = Field(None, description="First day in the household.")
    household_to: c.HouseholdTo | None = Field(None, description="First day no longer in the household.")

    @property
    def household(self) -> Ref | None:
        """The household that the person lives in."""
        return self._ref(self.household_source, self.household_source_id)
