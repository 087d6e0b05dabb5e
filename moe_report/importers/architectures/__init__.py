"""The architectures whose ``config.json`` is understood, an adapter each.

In come the keys of a config, out come fields of a row. Start at ``plain``.

A key that may be left out takes the default of the architecture's configuration class in
``transformers``.
"""

from __future__ import annotations

from collections.abc import Mapping

from moe_report.importers.adapter import Adapter
from moe_report.importers.architectures import (
    bailing,
    bailing_hybrid,
    bidirectional,
    convolved,
    encoder_decoder,
    ernie_vl,
    hybrid,
    hyper_connected,
    indexed,
    interleaved,
    kimi,
    labelling,
    latent,
    mimo,
    own_code,
    plain,
    qwen_glm,
    remote_code,
    selected,
    state_space,
    uneven,
    vision_language,
)

ADAPTERS: Mapping[str, Adapter] = {
    **plain.ADAPTERS,
    **qwen_glm.ADAPTERS,
    **ernie_vl.ADAPTERS,
    **interleaved.ADAPTERS,
    **uneven.ADAPTERS,
    **mimo.ADAPTERS,
    **latent.ADAPTERS,
    **own_code.ADAPTERS,
    **bailing.ADAPTERS,
    **bailing_hybrid.ADAPTERS,
    **hybrid.ADAPTERS,
    **kimi.ADAPTERS,
    **indexed.ADAPTERS,
    **hyper_connected.ADAPTERS,
    **selected.ADAPTERS,
    **convolved.ADAPTERS,
    **state_space.ADAPTERS,
    **encoder_decoder.ADAPTERS,
    **remote_code.ADAPTERS,
    **bidirectional.ADAPTERS,
    **vision_language.ADAPTERS,
    **labelling.ADAPTERS,
}
