"""The domain: what a retail chain does with its screens, in functions over one connection."""
