"""What a model's own files say of it: importers that give the values of a row."""
