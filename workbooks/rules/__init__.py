"""Rules: pure functions, one file each, that say what the books mean. No clock, no files, no network."""
