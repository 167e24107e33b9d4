"""PyX: executable problem-solution pairs with inputs that run (paper sections 3.1 and 3.2)."""
