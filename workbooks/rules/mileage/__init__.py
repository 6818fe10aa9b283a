"""Which miles count."""
