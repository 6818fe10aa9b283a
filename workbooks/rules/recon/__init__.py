"""Plan against scans: what happened to every stop of a day, and what does not agree."""
