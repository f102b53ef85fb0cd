"""Order: concurrent clients, clocks, long deals, replays; whatever happens, the log reads as one line."""
