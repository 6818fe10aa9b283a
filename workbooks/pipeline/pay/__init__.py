"""From the books to settlements: what was done, what it earns, drafts, posting, corrections, plans and leaks."""
