"""The add-in in a real spreadsheet program."""
