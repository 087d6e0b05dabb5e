"""What a model's parameters are made of: the metrics of the components that add up to its total.

A checkpoint's tensors are sorted into them: what every token uses first, then what routing
switches.
"""

COMPONENT_METRICS = (
    "embedding_params",
    "unembedding_params",
    "attention_params",
    "dense_ffn_params",
    "shared_expert_params",
    "router_params",
    "norm_and_other_params",
    "routed_expert_params",
)
