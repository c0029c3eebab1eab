"""Losses of phase 1: they pull samples of one class together and push the others apart."""
