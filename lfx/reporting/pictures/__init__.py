"""How results look: each file draws one kind of picture and knows nothing of where it came from."""
