"""Filling workbooks of people's own: the cells that they asked for change, and nothing else."""
