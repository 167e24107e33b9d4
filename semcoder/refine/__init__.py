"""PyX-R and iterative self-refinement (paper sections 3.3 and 6.3)."""
