"""The demo: a page on this machine that asks a model, and runs and checks what it says."""
