"""The prediction artifact: a file of a model's predictions that describes itself."""
