"""``python -m moe_report``."""

from moe_report.cli.main import main

main(prog_name="moe-report")
