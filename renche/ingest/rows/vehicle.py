"""Rows of vehicles and of models."""

from typing import ClassVar

from pydantic import Field

from renche.graph.identifiers import vin_check_digit_holds
from renche.ingest import columns as c
from renche.ingest.checks import Problem
from renche.ingest.rows.row import Ref, Row


class ModelRow(Row):
    """A model that the brand sells or sold."""

    SUMMARY: ClassVar[str] = "A model that a brand sells or sold."

    brand: c.Label = Field(description="The brand.")
    name: c.Text = Field(description="The model's name.")
    type: c.VehicleType | None = Field(
        None, description="`car`, `van`, `suv`, `pickup`, `truck`, `motorhome`, `motorcycle` or `other`."
    )
    energy: c.Energy | None = Field(
        None,
        description="`petrol`, `diesel`, `hybrid`, `plug_in_hybrid`, `range_extended`, `electric`, "
        "`hydrogen` or `other`.",
    )


class VehicleRow(Row):
    """One vehicle."""

    SUMMARY: ClassVar[str] = "A vehicle, with or without its VIN."

    source_id: c.ImpersonalKey = Field(
        description="The vehicle's key in that system, as its VIN or a number; never its plate, since source "
        "ids stand in clear in the graph."
    )
    vin: c.Vin | None = Field(
        None, description="17 characters without I, O and Q; a wrong ISO 3779 check digit is only a warning."
    )
    brand: c.Label | None = Field(None, description="The brand.")
    model_source: c.Label | None = Field(None, description="Source of the model; the row's own when empty.")
    model_source_id: c.Key | None = Field(None, description="Key of the model.")
    model_year: c.ModelYear | None = Field(None, description="Model year, four digits.")
    type: c.VehicleType | None = Field(
        None, description="`car`, `van`, `suv`, `pickup`, `truck`, `motorhome`, `motorcycle` or `other`."
    )
    energy: c.Energy | None = Field(
        None,
        description="`petrol`, `diesel`, `hybrid`, `plug_in_hybrid`, `range_extended`, `electric`, "
        "`hydrogen` or `other`.",
    )
    built_on: c.Day | None = Field(None, description="Day of making.")
    delivered_on: c.Day | None = Field(None, description="Day of delivery to the first customer.")
    warranty_until: c.WarrantyEnd | None = Field(
        None, description="First day without warranty, at most 30 years ahead."
    )
    plate: c.Plate | None = Field(None, description="The plate that the vehicle carries.")
    household_source: c.Label | None = Field(None, description="Source of the household; the row's own when empty.")
    household_source_id: c.ImpersonalKey | None = Field(
        None, description="Key of the household that keeps the vehicle, where only the household is known."
    )
    household_from: c.HouseholdFrom | None = Field(None, description="First day that the household keeps it.")
    household_to: c.HouseholdTo | None = Field(None, description="First day that the household keeps it no longer.")

    @property
    def model(self) -> Ref | None:
        """The vehicle's model."""
        return self._ref(self.model_source, self.model_source_id)

    @property
    def household(self) -> Ref | None:
        """The household that keeps the vehicle."""
        return self._ref(self.household_source, self.household_source_id)

    @property
    def warnings(self) -> list[Problem]:
        found = []
        if self.vin is not None and not vin_check_digit_holds(self.vin):
            found.append(Problem("vin", "has a check digit that is not that of ISO 3779; compare it with the papers."))
        if self.built_on and self.delivered_on and self.delivered_on < self.built_on:
            found.append(Problem("delivered_on", "is before built_on; correct one of the two."))
        if self.delivered_on and self.warranty_until and self.warranty_until < self.delivered_on:
            found.append(Problem("warranty_until", "is before delivered_on; correct one of the two."))
        return found
