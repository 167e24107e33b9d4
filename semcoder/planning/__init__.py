"""What a target costs before it runs."""
