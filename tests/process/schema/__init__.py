"""What editors check a process file with."""
