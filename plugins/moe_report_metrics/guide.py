"""What the built-in sections say in the reading help: points, questions and answers."""

from __future__ import annotations

from moe_report import point, question
from moe_report_metrics import sentences

TOTAL_AGAINST_ACTIVE = point(
    "Total against active",
    "[Total parameters](total_params) are all weights of a model, [active "
    "parameters](active_params) those that one token’s forward pass can touch: all but the routed "
    "experts that it is not sent to ([Shazeer et al. 2017](arXiv:1701.06538)). The active share "
    "is the [efficiency](parameter_efficiency); a dense model has 100 %. The [table of "
    "models](#models) has all three.",
    here=sentences.sizes,
)

MEMORY_AGAINST_COMPUTE = point(
    "Memory against compute",
    "The memory of the weights follows the total, for the next token may need any expert. The "
    "[FLOPs of a token](forward_flops) follow the active parameters, and grow with the context by "
    "what attention adds ([Kaplan et al. 2020](arXiv:2001.08361)). The [charts](#charts) show "
    "both. Caches and activations take memory on top.",
    here=sentences.memory,
)

SMALL_ROUTER = point(
    "Why the router is small",
    "A router is one vector for each expert; an expert is two or three matrices, each of as many "
    "vectors as the expert is wide. The [router’s share](router_flop_share) is therefore small "
    "wherever experts are wide. What can weigh is the traffic, "
    "[dispatch](dispatch_bytes_per_token) and [combine](combine_bytes_per_token) ([Lepikhin et "
    "al. 2020](arXiv:2006.16668)).",
    here=sentences.router,
)

LOAD_BALANCING = point(
    "Load balancing",
    "Routing saves time only if tokens spread over the experts: a device waits for its busiest "
    "one. Where an expert has a [fixed number of slots](expert_capacity), tokens beyond them are "
    "dropped or rerouted, and empty slots are [padding](capacity_padding) ([Fedus et al. "
    "2021](arXiv:2101.03961)). FLOPs are counted here as if no token were dropped.",
    here=sentences.balance,
)

TOP_K = point(
    "What top-k trades",
    "A larger k, more [experts a token](expert_utilisation), costs expert FLOPs and traffic in "
    "proportion, but no memory for weights. It may bring quality, though one expert can do "
    "([Fedus et al. 2021](arXiv:2101.03961)). Attention and output head stay as they are, so [a "
    "model saves less](model_flops_savings) than [its expert layers](expert_flops_savings); try "
    "it in the [calculator](#calculator).",
    here=sentences.top_k,
)

MIXTURE_OF_EXPERTS = question(
    "What is a Mixture of Experts?",
    "A transformer in which some or all layers have many FFNs, the experts, where a dense model "
    "has one. A router scores them for each token; the token passes through the k best, and the "
    "output is their sum, weighted by the scores ([Shazeer et al. 2017](arXiv:1701.06538)). "
    "Attention, embeddings and norms work on every token.",
)

EVERY_EXPERT_IN_MEMORY = question(
    "Why must every expert be in memory if a token uses few?",
    "Each token is routed anew in each layer, so the next may need any of them. Experts can be "
    "spread over devices or kept in slower memory, at the price of moving tokens or weights. The "
    "cache of keys and values comes on top; it does not depend on the experts.",
)

TEN_TIMES_AS_FAST = question(
    "With a tenth of the parameters active, is it ten times as fast?",
    "No. The [speed-up bound](flops_speedup) is what FLOPs alone allow. When one text is "
    "generated, reading weights takes longer than computing; a batch of many texts touches nearly "
    "all experts, so more than one token’s share is read. Traffic and uneven load add to it.",
)

HIGHER_EFFICIENCY = question(
    "Is a higher efficiency better?",
    "It is a proportion, not a mark. A low one buys capacity with memory instead of compute; a "
    "high one is closer to a dense model. It is never below k/E, because all that is not a routed "
    "expert is [always active](always_active_share). Smaller experts raise it and take capacity "
    "away, so compare models of the same total, or of the same active parameters.",
)

WHICH_TOP_K = question(
    "Which top-k should one choose?",
    "There is no best one: [Switch](arXiv:2101.03961) takes 1, [Mixtral](arXiv:2401.04088) 2 of "
    "8, [DeepSeek-V2](arXiv:2405.04434) 6 of 160 and two shared, [DeepSeek-V3](arXiv:2412.19437) "
    "8 of 256 and one shared. [Smaller experts](arXiv:2401.06066) combine in more "
    "ways at the same cost: 2 of 16 in 120, but 8 of 64, each a quarter as wide, "
    "in 4,426,165,368. Router and experts are trained for one k, so changing it here tells what "
    "it costs, not how good the model would be.",
)

LOAD_BALANCING_LOSS = question(
    "What is the load-balancing loss, and what weight has it?",
    "A term of the training loss that is least when tokens spread evenly; without it a router "
    "tends to favour a few experts, which then learn most ([Shazeer et al. "
    "2017](arXiv:1701.06538)). [Switch](arXiv:2101.03961) and [OLMoE](arXiv:2409.02060) weigh it "
    "0.01. Often 0.01 to 0.001 is named, but what fits depends on how the term is scaled: "
    "[DeepSeek-V3](arXiv:2412.19437) balances by biases on the scores and keeps a term of 0.0001. "
    "No number here depends on it.",
)

HOW_LARGE_OVERHEAD = question(
    "How large is the routing overhead?",
    "Typically well under 1 % of the [parameters](router_param_share) and of the "
    "[FLOPs](router_flop_share). Here it is counted, not assumed. Traffic and padding have "
    "columns of their own.",
)

SHARED_EXPERTS = question(
    "Are shared parameters the same as shared experts?",
    "No. All that is not a routed expert is [always active](always_active_params), and some texts "
    "call that shared: embeddings, attention, dense FFNs, norms, routers. [Shared "
    "experts](shared_expert_params) are one part of it: experts that every token passes through "
    "beside those it is routed to ([Dai et al. 2024](arXiv:2401.06066)).",
)

WHEN_DENSE = question(
    "When does a dense model serve better?",
    "Where memory is the limit and compute is not: on one small device, or with few requests at a "
    "time. At the same active parameters an MoE model usually learns more from the same compute "
    "([Muennighoff et al. 2024](arXiv:2409.02060)); at the same total, a dense one has more at "
    "work on each token.",
)

WHY_DIFFERENT = question(
    "Why do figures about one model differ?",
    "Vendors count with the [input embedding or without](active_params_no_embedding), with vision "
    "or [further modules](mtp_params) or without, and round. Some tables are wrong: one gives "
    "both DeepSeek-V2 and Switch-C 64 experts, and Switch-C 25 B active. "
    "[DeepSeek-V2](arXiv:2405.04434) has 160 and two shared ones; [Switch-C](arXiv:2101.03961) "
    "has 2,048 and runs 1.73 B. What does not hold here is among the [findings](#findings).",
)

MORE_EXPERTS = question(
    "When do more experts help?",
    "More experts hold more at the same cost of a token, for a token still meets k of them. In "
    "exchange memory grows, routing is harder to learn, load spreads less evenly, and each expert "
    "sees fewer tokens. 8 to 64 were common; recent models have 128 and more, each narrow ([Dai "
    "et al. 2024](arXiv:2401.06066)). In the [calculator](#calculator), raise k with them, or see "
    "the share of one fall.",
)

FASTER_INFERENCE = question(
    "How is inference sped up?",
    "By expert parallelism: experts are sharded over devices, and a token’s activations travel to "
    "them ([how many bytes](dispatch_bytes_per_token)). By batches, in which each expert that is "
    "read works for many tokens. By keeping the experts that are used most in fast memory, and "
    "weights in fewer bits.",
    here=sentences.memory,
)

HOW_EXACT = question(
    "How exact is the calculator?",
    "It computes by the formulas of this page: of a model whose fields are filled in, parameters "
    "are exact to the last one. The short form takes all experts for equal, and all that is not a "
    "routed expert for shared, whatever its layers are: good for comparing and planning. It knows "
    "neither time nor quality.",
)

OWN_DESIGN = question(
    "What should one look at in a design of one’s own?",
    "Balance k and the number of experts, for one alone moves cost or memory only. Keep what is "
    "[always active](always_active_share) small, for every token pays it. Start the balancing "
    "loss between 0.01 and 0.001, and watch the load. Plan how experts are spread over devices "
    "before training.",
    here=sentences.top_k,
)

LEDGER = (
    TOTAL_AGAINST_ACTIVE,
    MIXTURE_OF_EXPERTS,
    EVERY_EXPERT_IN_MEMORY,
    SHARED_EXPERTS,
    WHY_DIFFERENT,
)
EFFICIENCY = (HIGHER_EFFICIENCY, WHEN_DENSE, OWN_DESIGN)
FLOPS = (MEMORY_AGAINST_COMPUTE, TOP_K, TEN_TIMES_AS_FAST, WHICH_TOP_K, MORE_EXPERTS, HOW_EXACT)
ROUTING = (SMALL_ROUTER, LOAD_BALANCING, LOAD_BALANCING_LOSS, HOW_LARGE_OVERHEAD, FASTER_INFERENCE)
