"""How plans change: the manifest is a fold of its events, and what dispatch edits becomes an event."""
