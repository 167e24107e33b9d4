"""Prompts, engines, benchmarks and scores (paper section 5)."""
