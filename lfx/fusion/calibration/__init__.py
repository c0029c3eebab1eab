"""Making members' probabilities mean what they say, before they are combined."""
