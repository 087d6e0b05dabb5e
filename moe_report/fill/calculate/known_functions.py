"""The functions whose values are taken over from engines, as files spell them, in capitals.

tests/fill/test_engines.py holds both engines against each other over all of them. Not here is what
depends on the hour, on chance, on other files or on how a cell looks, what no reference says
(OFFSET, INDIRECT), and what an engine was seen to get wrong.
"""

from __future__ import annotations


def _newer(names: str) -> set[str]:
    """Functions that files mark as newer than the format; unmarked, Excel doesn't know them."""
    return {f"_XLFN.{name}" for name in names.split()}


BOTH = frozenset(
    """
    ABS ACOS ADDRESS AND ATAN ATAN2 AVERAGE AVERAGEA AVERAGEIF AVERAGEIFS CEILING CHAR CHOOSE CLEAN
    CODE COLUMN COLUMNS CONCATENATE CORREL COS COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS DATE DEGREES
    EDATE EOMONTH EVEN EXACT EXP FACT FALSE FIND FLOOR GCD GEOMEAN HARMEAN HLOOKUP HOUR HYPERLINK IF
    IFERROR INDEX INT INTERCEPT ISBLANK ISERROR ISEVEN ISLOGICAL ISNA ISNONTEXT ISNUMBER ISODD
    ISTEXT LARGE LCM LEFT LEN LN LOG LOG10 LOWER MATCH MAX MAXA MEDIAN MID MIN MINA MINUTE MODE N NA
    NOT ODD OR PERCENTILE PI POWER PRODUCT PROPER QUARTILE QUOTIENT RADIANS REPLACE REPT RIGHT ROUND
    ROUNDDOWN ROUNDUP ROW ROWS RSQ SEARCH SECOND SIGN SIN SLOPE SMALL SQRT STDEV STDEVP SUBSTITUTE
    SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT SUMSQ T TAN TEXT TIME TRIM TRUE TRUNC UPPER VALUE VAR VARP
    VLOOKUP
    """.split()  # noqa: SIM905  -- a list of them would be a page long
) | _newer(
    "CONCAT COVARIANCE.P DAYS IFNA IFS MAXIFS MINIFS MODE.SNGL PERCENTILE.INC PERCENTRANK.INC "
    "QUARTILE.INC STDEV.P STDEV.S SWITCH TEXTJOIN VAR.P VAR.S"
)
# It ranks what is not there, rounds to multiples of another sign, and begins with 1899.
LIBREOFFICE = BOTH | {"LOOKUP"}
FORMULON = (
    BOTH
    | {"DAY", "MOD", "MONTH", "MROUND", "RANK", "WEEKDAY", "YEAR"}
    | _newer("LET RANK.EQ XLOOKUP XMATCH")
)
# Of them, those that give one value even of whole areas and arrays.
GIVE_ONE = frozenset(
    """
    AND AVERAGE AVERAGEA CORREL COUNT COUNTA GCD GEOMEAN HARMEAN LCM MAX MAXA MEDIAN MIN MINA OR
    PRODUCT RSQ STDEV STDEVP SUM SUMPRODUCT SUMSQ VAR VARP
    """.split()  # noqa: SIM905
) | _newer("CONCAT COVARIANCE.P STDEV.P STDEV.S VAR.P VAR.S")
SKIPS_HIDDEN_ROWS = frozenset({"SUBTOTAL"})
