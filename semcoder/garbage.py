"""The garbage collector, in commands that make many records and syntax trees."""

import gc


def collect_rarely() -> None:
    """From now on look for cycles after 100,000 new objects, not after 700.

    Records and syntax trees hold no cycles, and are many: with the default the collector walks them over and over,
    a tenth to a fifth of the time.
    """
    gc.set_threshold(100_000)
