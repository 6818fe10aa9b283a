"""The kinds of batchUpdate: one function each, found by name in the registry."""
