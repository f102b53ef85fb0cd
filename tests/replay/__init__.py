"""The backtest: verdicts in bulk are those of the gate, and what is said about them can be counted by hand."""
