"""Members of a fusion."""
