"""The conformance vectors of CEL: reading them, asking our evaluator, and the page of what it refuses."""
