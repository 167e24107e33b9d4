"""PyX and PyX-R as data sets for others, and those that the authors released as entry of the graph."""
