"""The built-in sections of moe-report, one module each; found through entry points like any other."""
