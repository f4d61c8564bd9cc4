// predicate: known(fact)
// The fact was recorded, and not yet retracted, at the instant asked about, which is given as text.
fact.recordedAt <= datetime($asKnownAt) AND (fact.retractedAt IS NULL OR datetime($asKnownAt) < fact.retractedAt)

// predicate: valid(fact)
// The fact is known, and holds on the day asked about; an unknown start or end is open.
(fact.validFrom IS NULL OR fact.validFrom <= $asOf)
  AND (fact.validTo IS NULL OR $asOf < fact.validTo) AND known(fact)

// predicate: owning(purchase, vehicle)
// The purchase makes its buyer the owner: it is valid, and nobody bought the vehicle later.
valid(purchase) AND NOT EXISTS {
  MATCH (vehicle)<-[later:PURCHASED]-(:Person)
  WHERE known(later) AND later.validFrom <= $asOf
    AND later.validFrom > coalesce(purchase.validFrom, date('0001-01-01'))
}

// predicate: owner(person)
// The person owns a vehicle.
EXISTS { MATCH (person)-[bought:PURCHASED]->(owned:Vehicle) WHERE owning(bought, owned) }

// predicate: vehicle_of_age(person)
// A vehicle that the person owns is four to seven completed years old.
EXISTS {
  MATCH (person)-[bought:PURCHASED]->(owned:Vehicle)
  WHERE owning(bought, owned)
    AND owned.inUseSince <= $asOf - duration('P4Y') AND owned.inUseSince > $asOf - duration('P8Y')
}

// predicate: short_of_vehicles(person)
// The person's household has fewer vehicles than people who drive. Compared where they are counted, Neo4j would take
// seconds to plan it.
EXISTS {
  MATCH (person)-[living:LIVES_IN]->(home:Household)
  WHERE valid(living)
  WITH home, COUNT {
    MATCH (home)<-[lodging:LIVES_IN]-(driver:Person)
    WHERE valid(lodging)
    OPTIONAL MATCH (driver)-[drive:DRIVES]->(:Vehicle)
    WHERE valid(drive)
    WITH driver, drive WHERE driver.licensed = true OR drive IS NOT NULL
    RETURN DISTINCT driver
  } AS drivers, COUNT {
    CALL (home) {
      MATCH (home)-[keep:KEEPS]->(parked:Vehicle) WHERE valid(keep) RETURN parked
      UNION
      MATCH (home)<-[lodging:LIVES_IN]-(:Person)-[held:PURCHASED|DRIVES]->(parked:Vehicle)
      WHERE valid(lodging) AND valid(held) AND (type(held) = 'DRIVES' OR owning(held, parked))
      RETURN parked
    }
    RETURN DISTINCT parked // the embedded engine's UNION leaves doubles where a branch holds an EXISTS
  } AS vehicles
  WHERE drivers > vehicles
  RETURN home
}

// predicate: intent_rose(person)
// An intent of the person became hot in the last 90 days, having been cold or warm for the same model.
EXISTS {
  MATCH (person)-[hot:INTENDS_TO_BUY]->(wanted:Model), (person)-[cooler:INTENDS_TO_BUY]->(before:Model)
  WHERE hot.heat = 'HOT' AND valid(hot) AND hot.validFrom > $asOf - duration('P90D')
    AND before.id = wanted.id AND cooler.heat IN ['COLD', 'WARM'] AND known(cooler)
    AND coalesce(cooler.validFrom, date('0001-01-01')) < hot.validFrom
}

// predicate: agreed(person, consent)
// The consent of the person holds today, as known now, and was not withdrawn on its first day or later.
consent.retractedAt IS NULL
  AND (consent.validFrom IS NULL OR consent.validFrom <= $policyToday)
  AND (consent.validTo IS NULL OR $policyToday < consent.validTo)
  AND NOT EXISTS {
    MATCH (person)-[seen_withdrawal:WITHDREW]->()
    WHERE seen_withdrawal.partner = consent.partner AND seen_withdrawal.purpose = consent.purpose
      AND seen_withdrawal.retractedAt IS NULL
      AND (consent.validFrom IS NULL OR consent.validFrom <= seen_withdrawal.validFrom)
  }

// predicate: consented(person)
// The person consents that the caller's partner is given data for the caller's purpose.
EXISTS {
  MATCH (person)-[seen_consent:CONSENTED_TO]->()
  WHERE seen_consent.partner = $policyPartner AND seen_consent.purpose = $policyPurpose
    AND agreed(person, seen_consent)
}
