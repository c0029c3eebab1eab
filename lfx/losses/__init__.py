"""Contrastive losses: what pulls samples of a kind together and pushes the others apart."""
