"""Schemes find the members' weights: one scheme per file."""
