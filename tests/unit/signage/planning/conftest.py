"""Settings of the planning tests."""

from hypothesis import settings

# A deadline measures the machine, not the code.
settings.register_profile("planning", deadline=None)
settings.load_profile("planning")
