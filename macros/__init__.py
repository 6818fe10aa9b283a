"""Sources of the Excel add-in: its VBA modules and the template of its ribbon."""
