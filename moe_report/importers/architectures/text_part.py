"""Configs for text and images: the keys of the text model stand in a part of their own."""

from __future__ import annotations

from dataclasses import replace

from moe_report.importers.adapter import ROUTING, Adapter, Key, may

TEXT_ONLY = "Only the text model is counted, not those for images, video and sound"
NO_IMAGES = "Only the text model is counted, not the one for images"
_TIED = "tie_word_embeddings"


def text_part(adapter: Adapter, *, note: str = TEXT_ONLY) -> Adapter:
    """Return how a config is read that has a text part.

    Embeddings are tied by the config itself; where that is silent, its text part says.

    Args:
        adapter: How the text part is read where it stands alone.
        note: What is not counted.
    """
    return _inside(adapter, f"{_TIED}|text_config.{_TIED}", adapter.keys[_TIED], note)


def tied_outside(adapter: Adapter, *, default: bool = False, note: str = TEXT_ONLY) -> Adapter:
    """Return the same where the text part has no say in whether embeddings are tied."""
    return _inside(adapter, _TIED, may(default, _TIED), note)


def text_or_flat(adapter: Adapter) -> Adapter:
    """Return how a config is read that has a text part, or is one itself.

    What stands outside of a text part is then not read, though transformers may write it there.
    """
    return replace(tied_outside(adapter), flat=adapter)


def or_under(adapter: Adapter, part: str) -> Adapter:
    """Return how a config is read whose text part may have another name, too.

    Args:
        adapter: How it is read with a ``text_config``.
        part: The other name.
    """

    def renamed(spelling: str) -> str:
        return spelling.replace("text_config.", f"{part}.")

    return replace(
        adapter,
        keys={
            "|".join(dict.fromkeys([*spellings.split("|"), *renamed(spellings).split("|")])): key
            for spellings, key in adapter.keys.items()
        },
        irrelevant=adapter.irrelevant | set(map(renamed, adapter.irrelevant)),
    )


def _inside(adapter: Adapter, tied: str, key: Key, note: str) -> Adapter:
    keys = {
        "|".join(f"text_config.{spelling}" for spelling in spellings.split("|")): key
        for spellings, key in adapter.keys.items()
        if spellings != _TIED
    }
    return replace(
        adapter,
        keys=keys | {tied: key},
        irrelevant=frozenset(f"text_config.{name}" for name in ROUTING | adapter.irrelevant),
        note=f"{adapter.note}. {note}" if adapter.note else note,
    )
