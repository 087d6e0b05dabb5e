"""What rests on cells that change: formulas, pivot tables, charts and text boxes.

``formula_sources`` says which cells a formula reads, ``dependents`` follows chains of any length,
``resting_formulas`` brings both together for a workbook, and ``stale_values`` lets none keep
what it had: start there.
"""
