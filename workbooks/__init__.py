"""The books: tables, rules, ledger, layout. The core, which imports nothing of the other rooms."""
