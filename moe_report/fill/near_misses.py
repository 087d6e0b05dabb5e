"""What is nearly a convention of templates, and would pass as somebody's own text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from moe_report.fill.expressions.scope import REPORT_NAMES, Known, TemplateValueError
from moe_report.fill.table_notes import LINE, TableRules, read_note
from moe_report.text import shown

# -- braces

_GAP = "[\\s\u200b\u2060\ufeff]*"
_OPENS = rf"(?:[$#%@]?[{{｛](?:{_GAP}[{{｛])?|<<|«|<%=?)"
_CLOSES = rf"(?:[}}｝](?:{_GAP}[}}｝])?|>>|»|%>)"
_PATH = (
    r"(?i:m|model|report|assumptions)\s*\.\s*[A-Za-z_]\w*"
    r"|models\s*(?:\[[^\]]*\]\s*\.\s*\w+|\|\s*\w+)"
)
_FILTERS = r"(?:\s*\|\s*\w+(?:\([^()]*\))?)*"
_FENCED = re.compile(  # a name alone needs fences that are used for nothing else
    rf"(?:{_OPENS}|\[\[?|<|%|\$|\#){_GAP}(?P<path>(?:{_PATH}){_FILTERS}){_GAP}"
    rf"(?:{_CLOSES}|\]\]?|>|%|\$|\#)"
    rf"|{_OPENS}{_GAP}(?P<name>[A-Za-z]\w*+{_FILTERS}){_GAP}{_CLOSES}"
)
_STATEMENT = re.compile(r"\{%-?\s*(?:for|if|set|else|endfor|endif)\b[^%]*$")


def is_near_expression(text: str) -> bool:
    """Whether a text has a name in fences such as ``<<m.name>>``."""
    return bool(_FENCED.search(text) or _STATEMENT.search(text))


def near_expressions(text: str, known: Known) -> Iterator[str]:
    """Give what of a text without expressions is nearly one, in words.

    >>> list(near_expressions("as of ${report.date}", Known({}, {})))
    ["found '${report.date}', which is left as it is; expected {{ report.date }}"]
    """
    for match in _FENCED.finditer(text):
        meant = _meant(match["path"] or match["name"], known)
        if meant:
            yield f"found {shown(match[0])}, which is left as it is; expected {{{{ {meant} }}}}"
    if statement := _STATEMENT.search(text):
        yield (
            f"found {shown(statement[0])}, which is left as it is; expected {{{{ m.name }}}} in a "
            "row of an Excel Table, which repeats by itself"
        )


def _meant(text: str, known: Known) -> str:
    """The expression that is meant; nothing if its name is none of ours."""
    said = " ".join(text.split())
    if re.match(r"models\W", said):
        return said
    columns = {"m": known.columns, "report": REPORT_NAMES, "assumptions": known.assumptions}
    front, dot, name = said.partition(".")
    front, name = front.strip().lower(), name.strip()
    front = "m" if front == "model" else front
    if dot and front in columns:
        word = re.split(r"\W", name, maxsplit=1)[0]
        found = _spelled(word, columns[front]) or near_word(word, columns[front])
        return f"{front}.{found}{name[len(word) :]}" if found else ""
    word = re.split(r"\W", said, maxsplit=1)[0]
    if "_" not in word:
        return ""  # a name such as any letter has
    for front in ("m", "assumptions"):
        if found := _spelled(word, columns[front]):
            return f"{front}.{found}{said[len(word) :]}"
    return ""


def _spelled(word: str, known: Iterable[str]) -> str:
    """Return the known name that a word is but for capitals."""
    return next((name for name in known if name.casefold() == word.casefold()), "")


# -- names

SHORT = 7  # letters


def near_word(word: str, known: Iterable[str], shortest: int = 0) -> str:
    """Return the known name that a word is nearly: a letter off, or otherwise parted.

    Words of fewer letters than ``shortest`` are taken for what they are.

    >>> near_word("Num.Experts", ["num_experts"]), near_word("nmu_experts", ["num_experts"])
    ('num_experts', 'num_experts')
    >>> near_word("num_experts_2", ["num_experts"]), near_word("nmae", ["name"])
    ('', 'name')
    >>> near_word("names", ["name"]), near_word("rate", ["name"])
    ('', '')
    """
    said = word.casefold()
    for name in known if len(said) >= shortest else ():
        folded = name.casefold()
        parts = re.sub(r"[\W_]", "", said) == re.sub(r"[\W_]", "", folded) and "_" in name
        if said != folded and (parts or _is_a_letter_off(said, folded)):
            return name
    return ""


def _is_a_letter_off(one: str, other: str) -> bool:
    """Whether two words differ by a letter too many, too few or wrong, or by two exchanged.

    Of short words only exchanged letters count: most of them are other words. So are two that
    differ in a digit.
    """
    at = next((n for n, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1), None)
    at = min(len(one), len(other)) if at is None else at
    here, left = one[at : at + 1], one[at + 1 :]
    there, right = other[at : at + 1], other[at + 1 :]
    if left[:1] + here == there + right[:1] and left[1:] == right[1:]:
        return len(one) == len(other)
    if min(len(one), len(other)) < SHORT or (here + there).isdigit():
        return False
    return left == right or left == other[at:] or one[at:] == right


# -- notes of tables

_LONGEST = 300  # letters of a line that may be a rule
_LINES = re.compile(
    r"[-*•>#`\"'\s]*(?P<word>[a-z]+(?:[ _-](?:by|on|to|only|the|first|top|key|column))*)\s*"
    r"(?P<sign>[-=]>|[:=：;]|(?=[-–−\s\d]))\s*(?P<rest>\S.*?)[.;`\"'\s]*",
    re.IGNORECASE,
)
_SORTS = re.compile(
    r"(?:sort|order|rank|arrange)(?P<done>e?d|ing)?(?P<by>[ _-]?(?:by|on|key|column))*",
    re.IGNORECASE,
)
_SORTS_SURELY = re.compile(
    r"sort[ _-]?by[:=]\s*[-–−+]?[^\W\d][\w .-]{0,40}|sort[-–−]\w+", re.IGNORECASE
)
_ANY_SORT = "`sort:` and a field or metric such as sort: -num_experts"
_CHOOSES = re.compile(
    r"(?:where|filter(?:ed)?|only|if|having|condition|criteria|select|include|show|keep|models)"
    r"(?:[ _-](?:by|on|to|only))*",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"limit(?:ed)?(?:[ _-]to)?|(?:(?:show|keep|only)[ _-])?(?:the[ _-])?(?:top|first)|head",
    re.IGNORECASE,
)
_COUNT = re.compile(r"[-–−]?([0-9]+)\s*(?:models?|rows?|lines?)?", re.IGNORECASE)
_FALLS = r"(?:desc|descending|(?:the )?(?:largest|highest|biggest) first)"
_RISES = r"(?:asc|ascending|(?:the )?(?:smallest|lowest) first)"
_KEY = re.compile(
    r"(?P<sign>[-–−+]?)\s*(?:m\.)?(?P<name>\w[\w .-]*?)"
    rf"(?:\s+(?:(?P<falls>{_FALLS})|{_RISES}))?\s*",
    re.IGNORECASE,
)
_FENCES = re.compile(r"[][(){}\"'`“”]")
_BEFORE_FALLS = re.compile(rf",(?=\s*(?:{_FALLS}|{_RISES})\b)", re.IGNORECASE)
_COMPARED = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*[=!<>≤≥]")
_SIGNS = (("≥", ">="), ("≤", "<="), ("<>", "!="))


def near_rules(note: str, known: Known) -> Iterator[str]:
    """Give what of a table's note is nearly a rule, in words."""
    for line in note.splitlines():
        if LINE.match(line) or len(line) > _LONGEST:
            continue
        match = _LINES.fullmatch(line)
        rule = _rule(match, known) if match else ""
        if rule:
            yield f"its note says {shown(line.strip())}, which changes nothing; expected {rule}"


def misplaced_rules(note: str, known: Known, *, in_table: bool) -> Iterator[str]:
    """Give the rules of a note that is on no header of a table, in words.

    A limit is one in a table only; elsewhere it is any number's.
    """
    keys = ("sort", "where", "limit") if in_table else ("sort", "where")
    for line in note.splitlines():
        match = LINE.match(line)
        if match and match[1].lower() in keys and match[2].strip() and _is_rule(line, known):
            yield (
                f"its note says {shown(line.strip())}, which changes nothing; expected it on a "
                "header of the table"
            )


def _rule(match: re.Match[str], known: Known) -> str:
    """The rule that a line is nearly, as it should be."""
    word, sign, rest = match["word"], match["sign"], match["rest"]
    if found := _SORTS.fullmatch(word):
        rule = _sort_rule(rest, known, sure=bool(sign) or not found["done"])
        return rule or (_ANY_SORT if _SORTS_SURELY.fullmatch(f"{word}{sign}{rest}") else "")
    if count := _LIMITS.fullmatch(word) and _COUNT.fullmatch(rest):
        return f"limit: {count[1]}"
    if _CHOOSES.fullmatch(word):
        return _where_rule(rest, known)
    key = next((key for key in ("sort", "where", "limit") if _is_near_key(word, key)), "")
    return f"{key}: {rest}" if key and sign and _is_rule(f"{key}: {rest}", known) else ""


def _is_near_key(word: str, key: str) -> bool:
    """Whether a word is one of the keys, behind a dash or the like, or a letter off."""
    longer = word.lower() + "      ", key + "      "
    return word.lower() == key or _is_a_letter_off(*longer)


def _is_rule(line: str, known: Known) -> bool:
    try:
        return read_note(line, known) != TableRules()
    except TemplateValueError:
        return False


def _sort_rule(rest: str, known: Known, *, sure: bool) -> str:
    """The rule to sort by what a line names; nothing if a name is none of ours."""
    keys = []
    plain = _BEFORE_FALLS.sub(" ", _FENCES.sub("", rest))
    for item in re.split(r"\s*(?:,|;|\bthen(?: by)?\b)\s*", plain):
        match = _KEY.fullmatch(item)
        name = _column(match["name"], known) if match else ""
        if not match or not name or not (sure or "_" in match["name"]):
            return ""
        falls = match["sign"] in ("-", "–", "−") or match["falls"]
        keys.append(f"-{name}" if falls else name)
    return f"sort: {', '.join(keys)}"


def _column(said: str, known: Known) -> str:
    """The field or metric that a line calls by its name, by its label, or nearly so."""
    if said in known.columns:
        return said
    plain = re.sub(r"[\W_]+", "", said).casefold()
    for name, meaning in known.columns.items():
        if plain in (re.sub(r"[\W_]+", "", word).casefold() for word in (name, meaning.label)):
            return name
    return near_word("_".join(said.split()), known.columns)


def _where_rule(rest: str, known: Known) -> str:
    """The rule that keeps what a line compares; nothing if it compares nothing of ours."""
    rule = rest
    for sign, better in _SIGNS:
        rule = rule.replace(sign, better)
    rule = re.sub(r"(?<![=!<>])=(?!=)", "==", rule)
    if _is_rule(f"where: {rule}", known):
        return f"where: {rule}"
    names = (match["name"].lower() for match in _COMPARED.finditer(rest))
    if any("_" in name and name in known.columns for name in names):
        return "`where:` and a comparison such as where: num_experts > 8"
    return ""
