"""Pictures of results: each file draws one kind of picture from plain numbers."""
