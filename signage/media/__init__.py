"""Media: immutable bytes, named by their hash and accepted only once they have been decoded."""
