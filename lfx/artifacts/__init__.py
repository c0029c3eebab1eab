"""The prediction artifact: what a model predicted, in a file that says all about itself."""
