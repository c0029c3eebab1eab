"""From pixels and tokens to one feature vector a sample, and where pretrained weights come from."""
