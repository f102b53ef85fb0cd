"""PostgreSQL under faults: killed servers and processes, lost replies, dead lines, standbys, and who reads beside it."""
