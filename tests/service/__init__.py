"""How the engine is reached over a network."""
