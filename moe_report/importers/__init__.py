"""A model's own files become a row: ``config.json``, safetensors, GGUF, a repository of the Hub.

In comes a path or ``hf:owner/name``, out comes a Row of fields, and of metrics where a component is
counted from the files. Start at ``model``; ``architectures`` has what each config's keys mean.
"""
