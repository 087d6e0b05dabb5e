"""What people write above columns of total and active parameters, as phrases of the reader."""

TOTAL = (
    "[total] [model] parameter [size|scale]",
    "total [moe]",
    "total model size",
    "= #tp",
    "?[model|total] size",
    "?[model] scale",
    "?model parameter name",
    "/total",
    *(
        f"?={word}"
        for word in (
            "parameter",
            "parámetro",
            "parâmetro",
            "parametro",
            "параметр",
            "参数",
            "參數",
            "매개변수",
            "hyperparameter",
        )
    ),
)

ACTIVE = (
    "[inference] active [model] parameter [size|per_token]",
    "= #ap",
    "= n_act",
    "= n_a",
    "of_which active parameter",
    "?of_which active",
    "?inference parameter",
    "?active per_token",
    "active parameter scale",
    "?parameter per_token",
    "?selected parameter",
    "selected parameter per_token",
    "?active [model] size",
    "?effective parameter",
    "/active",
    "?[total] scale",
)
