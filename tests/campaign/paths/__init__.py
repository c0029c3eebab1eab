"""Names and places."""
