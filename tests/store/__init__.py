"""Where it is kept: one contract on every backend, and what each backend must survive."""
