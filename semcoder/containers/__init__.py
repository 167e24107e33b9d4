"""Images: what they are built from, how they are built, what jobs see inside of them."""
