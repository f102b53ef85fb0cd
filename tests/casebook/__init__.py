"""Cases that a process's owners keep beside it."""
