"""The class that a config names: is it of the architecture that its ``model_type`` names?

transformers goes by ``model_type``, and so does the row; engines go by ``architectures``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from moe_report.importers.config_json import text_parts
from moe_report.text import shown

# Classes of other architectures that published models of one name.
_PUBLISHED = {
    "kimi_k2": "DeepseekV3", "bailing_moe": "BailingMoeV2", "ernie4_5_moe_vl": "Ernie4_5_VLMoe",
}  # fmt: skip
# Tasks whose head is another matrix than the one over the vocabulary.
_OTHER_HEAD = re.compile(
    r"For(\w*Classification|QuestionAnswering|MultipleChoice|\w*Reward(Model(ing)?)?)$|RewardModel$"
)
_TASK = re.compile(r"(For[A-Z]\w*|(LMHead)?Model|LMHeadModel)$")


def notes_of_class(
    config: Mapping[str, object],
    model_types: Collection[str],
    known: Collection[str],
    *,
    own_head: bool = False,
) -> Iterator[str]:
    """Say which classes are of another architecture, or have another head, than the row counts.

    Args:
        config: The parsed file.
        model_types: Of the config, and of its text part.
        known: All architectures' names.
        own_head: Whether the architecture is counted with a head other than one over the
            vocabulary.
    """
    own = {_folded(name.removesuffix("_text")) for name in model_types}
    own |= {_folded(_PUBLISHED.get(name, name)) for name in model_types}
    others = {_folded(name) for name in known} - own
    families = tuple(re.split(r"[_-]", name)[0].lower() for name in model_types)
    for inside, part in text_parts(config):
        classes = part.get("architectures")
        for name in classes if isinstance(classes, list) else [classes]:
            stem = _folded(_TASK.sub("", name)) if isinstance(name, str) else ""
            if stem and stem not in own and (stem in others or not stem.startswith(families)):
                yield (
                    f"Key '{inside}architectures' names {shown(name)}, which is no class of"
                    f" model_type {shown(next(iter(model_types)))}: the row is read as of that"
                )
            elif stem and not own_head and _OTHER_HEAD.search(str(name)):
                yield (
                    f"Key '{inside}architectures' names {shown(name)}, which has a head of another"
                    " kind: the row counts one over the vocabulary"
                )


def _folded(name: str) -> str:
    return re.sub(r"[_\W]", "", name).lower()
