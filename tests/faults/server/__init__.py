"""PostgreSQL under faults: killed servers and processes, lost replies, dead lines, standbys, readers beside it."""
