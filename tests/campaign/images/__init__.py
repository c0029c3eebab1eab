"""Other people's pictures."""
