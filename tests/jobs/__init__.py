"""The pure room of jobs."""
