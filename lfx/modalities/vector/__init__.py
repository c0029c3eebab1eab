"""Vectors, and sequences of vectors over time."""
