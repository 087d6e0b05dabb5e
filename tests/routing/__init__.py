"""Counts of routing, and where experts are placed by them."""
