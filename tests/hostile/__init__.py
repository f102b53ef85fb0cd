"""What somebody writes to hurt: files, rows, numbers and ids; each is refused in words, and costs little."""
