"""Sweeps: many designs around one model, counted in blocks of columns and sifted.

In comes a plan, a .toml file or a workbook with a sheet ``Sweep``; out go the Pareto front and the
best designs as a report, and all that passed as Parquet. :mod:`moe_report.sweeps.plan`
says what a sweep is made of; start there. :mod:`moe_report.sweeps.block` counts a block of it.
"""
