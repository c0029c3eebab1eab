"""Schemes: how to find the members' weights, one per file."""
