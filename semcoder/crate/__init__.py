"""The record of a finished run: a Workflow Run RO-Crate."""
