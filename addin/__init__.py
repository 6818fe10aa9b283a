"""Excel's rim: what buttons and functions do, and what builds the add-in. It speaks to the hub and is given the jobs."""
