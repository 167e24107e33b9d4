"""The sandbox: runs untrusted Python and says what happened. Nothing untrusted runs anywhere else."""
