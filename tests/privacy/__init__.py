"""Who may erase, and what it takes."""
