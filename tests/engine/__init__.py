"""The shell: every verb, twice asked, out of time, from many threads."""
