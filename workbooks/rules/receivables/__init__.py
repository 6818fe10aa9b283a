"""What clients owe, and since when."""
