"""Whether the books themselves are in order."""
