"""The attack on lfx as a program: bad inputs, hostile files, kills, and runs started together."""
