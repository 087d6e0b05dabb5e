"""The built-in sections of moe-report, found through entry points like anybody's."""
