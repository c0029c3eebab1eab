"""Settings that make no sense."""
