"""Taking in files that others made: read behind a guard, match the headers, parse column by column, give back what is wrong."""
