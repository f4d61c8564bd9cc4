// saved: buyers_again
// People of a city who bought more than one vehicle, with the days of their purchases.
// parameters: city: text, most: number = 100
MATCH (person:Person {city: $city})-[bought:PURCHASED]->(vehicle:Vehicle)
WHERE bought.retractedAt IS NULL
WITH person, bought, vehicle ORDER BY bought.validFrom
WITH person, collect(bought.validFrom) AS days, collect(vehicle.brand) AS brands
WHERE size(days) > 1
RETURN person.id AS id, days, brands ORDER BY size(days) DESC, id LIMIT $most

// saved: open_intents
// Intents that hold on a day, by model and heat.
// parameters: day: day = "today"
MATCH (model:Model)<-[intent:INTENDS_TO_BUY]-(person:Person)
WHERE intent.retractedAt IS NULL AND (intent.validFrom IS NULL OR intent.validFrom <= date($day))
  AND (intent.validTo IS NULL OR date($day) < intent.validTo)
RETURN model.brand AS brand, model.name AS model, intent.heat AS heat, count(DISTINCT person) AS people
ORDER BY people DESC, brand, model, heat
