"""How it is reached over a network: HTTP, live events, the bus, timers, jobs."""
