"""Kinds of content: what a model reads of a sample, one folder for each kind."""
