"""The life of a deal and of a process, told from outside: what an auditor asks and what a sly rep would try."""
