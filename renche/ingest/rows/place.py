"""Rows of what people belong to or come to: dealers, clubs, households."""

from typing import ClassVar

from pydantic import Field

from renche.ingest import columns as c
from renche.ingest.rows.row import Ref, Row


class DealerRow(Row):
    """A dealer, perhaps under another one."""

    SUMMARY: ClassVar[str] = "A dealer; a secondary dealer names the one it stands under."

    name: c.Text = Field(description="The dealer's name.")
    brand: c.Label | None = Field(None, description="The brand that it sells.")
    city: c.City | None = Field(None, description="Six-digit code (GB/T 2260); a county's becomes its city's.")
    parent_source: c.Label | None = Field(None, description="Source of the dealer above; the row's own when empty.")
    parent_source_id: c.Key | None = Field(None, description="Key of the dealer that this one stands under.")

    @property
    def parent(self) -> Ref | None:
        """The dealer above."""
        return self._ref(self.parent_source, self.parent_source_id)


class ClubRow(Row):
    """A local owner club."""

    SUMMARY: ClassVar[str] = "A local owner club."

    name: c.Text = Field(description="The club's name.")
    brand: c.Label | None = Field(None, description="The brand of its owners.")
    city: c.City | None = Field(None, description="Six-digit code (GB/T 2260); a county's becomes its city's.")
    founded_on: c.Day | None = Field(None, description="Day of its founding.")


class HouseholdRow(Row):
    """People who live together; they name the household in their own rows."""

    SUMMARY: ClassVar[str] = "A household; its people and vehicles name it in their own rows."

    source_id: c.ImpersonalKey = Field(
        description="The household's key in that system; never a phone, plate or ID-card number."
    )
    city: c.City | None = Field(None, description="Six-digit code (GB/T 2260); a county's becomes its city's.")
