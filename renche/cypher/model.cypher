// name: models (read) scope: vehicles:read
// Models, in the order of their ids.
// to: (model:Model)  filters: brand
MATCH (model:Model)

// name: model.vehicles (read) scope: vehicles:read
// Vehicles of this model.
// from: (model:Model)  to: (vehicle:Vehicle)
MATCH (vehicle:Vehicle {modelId: model.id})
