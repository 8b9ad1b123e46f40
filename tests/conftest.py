"""Property tests draw the same examples every time, so that a failure is there again tomorrow."""

from hypothesis import settings

settings.register_profile("crosstag", derandomize=True, deadline=None, database=None)
settings.load_profile("crosstag")
