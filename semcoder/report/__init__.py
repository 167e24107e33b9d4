"""Tables beside the paper's numbers, plots and the report."""
