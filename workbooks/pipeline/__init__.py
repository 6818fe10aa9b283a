"""The pipeline: what comes in, through the rules, to what should stand in the tables. Pure; a job makes a plan of it."""
