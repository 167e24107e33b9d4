"""Monologue reasoning, forward and backward (paper section 4.2)."""
