"""Ratios measured side by side in one run: this package and what people use today. Never part of the tests."""
