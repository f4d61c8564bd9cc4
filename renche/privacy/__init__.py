"""What a person may ask of what is held about them, and the change of keys: over both stores, the vault first."""
