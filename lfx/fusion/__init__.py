"""How to combine what several models predicted; knows predictions, not what they are about."""
