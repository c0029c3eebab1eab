"""Several kinds of content at once: an encoder for each, and what joins their features."""
