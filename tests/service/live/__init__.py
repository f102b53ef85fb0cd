"""Live events: in order, resumed without gap or double, and nobody in the way of a writer."""
