"""Real components the tests run against."""
