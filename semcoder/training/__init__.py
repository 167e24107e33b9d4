"""Mixtures, tokenisation and the Trainer under DeepSpeed (paper section 4.3)."""
