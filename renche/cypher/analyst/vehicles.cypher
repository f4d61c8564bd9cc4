// saved: fleet_by_age
// Vehicles per brand, energy and years of use on a day, the most first.
// parameters: day: day = "today"
MATCH (vehicle:Vehicle)
WHERE vehicle.inUseSince <= date($day)
WITH vehicle.brand AS brand, vehicle.energy AS energy,
  duration.between(vehicle.inUseSince, date($day)).years AS years
RETURN brand, energy, years, count(*) AS vehicles
ORDER BY vehicles DESC, brand, energy, years

// saved: out_of_warranty_soon
// Vehicles whose warranty ends within some days from a day, by dealer of the purchase.
// parameters: day: day = "today", days: number = 90
MATCH (vehicle:Vehicle)<-[bought:PURCHASED]-(:Person)
WHERE vehicle.warrantyUntil >= date($day) AND vehicle.warrantyUntil < date($day) + duration({days: $days})
  AND bought.retractedAt IS NULL AND (bought.validTo IS NULL OR date($day) < bought.validTo)
OPTIONAL MATCH (dealer:Dealer {id: bought.dealerId})
RETURN dealer.name AS dealer, count(DISTINCT vehicle) AS vehicles, min(vehicle.warrantyUntil) AS first_one
ORDER BY vehicles DESC, dealer
