"""Files are written whole or not at all, and never over what somebody else wrote meanwhile.

In come paths and bytes; nothing goes out but files. Start at ``write``.
"""

from moe_report.output.write import (
    Check,
    followed,
    open_elsewhere,
    standing,
    unchanged_since,
    write_files,
)

__all__ = ["Check", "followed", "open_elsewhere", "standing", "unchanged_since", "write_files"]
