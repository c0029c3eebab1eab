"""LightningModules, one per modality, and what trains, stores and applies them."""
