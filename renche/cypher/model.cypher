// name: models (read) scope: vehicles:read
// Models, in the order of their ids.
// to: (model:Model)  indexed: brand
MATCH (model:Model)

// name: model.vehicles (read) scope: vehicles:read
// Vehicles of this model.
// from: (model:Model)  to: (vehicle:Vehicle)  order: vehicle.modelId
MATCH (vehicle:Vehicle)
WHERE vehicle.modelId = model.id AND vehicle.id >= ''  // an index of two properties serves only what names both
