"""Google spreadsheets as copies of the ledger's tables: read, merged and written while people work in them."""
