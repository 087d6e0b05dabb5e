"""Workbooks as people keep them, and what a careful human reads from each."""
