"""Benchmarks and full-size campaigns: ``make bench`` measures, ``make proof`` tries to break it."""
