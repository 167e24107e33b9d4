"""Reference pages written from the code: every key of the configuration, every file of a run."""
