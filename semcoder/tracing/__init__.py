"""What happened, line by line: the tracer and the trace formats of the paper's ablation (App. I)."""
