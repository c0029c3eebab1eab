"""Other people's tables."""
