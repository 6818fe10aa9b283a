"""Service promises: what on time means."""
