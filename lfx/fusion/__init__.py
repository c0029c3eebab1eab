"""Combine the predictions of several models, of any modality."""
