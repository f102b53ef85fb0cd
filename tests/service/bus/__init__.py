"""The bus: what a broker must do for us, and what must hold whatever it does."""
