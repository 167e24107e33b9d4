"""Raw seeds: AST subtrees and top-level statements of existing programs (paper section 3.1)."""
