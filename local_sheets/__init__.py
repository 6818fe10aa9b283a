"""A Google Sheets server for this machine. Stands alone: imports nothing of the rooms beside it."""
