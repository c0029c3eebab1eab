"""Classifiers on encoders, heads, and how they are optimised."""
