"""Plain Strawberry with DataLoaders, as its documentation teaches: no part of renche."""
