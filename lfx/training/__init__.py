"""How a model is fitted: supervised, or by contrast in two phases."""
