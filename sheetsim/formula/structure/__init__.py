"""What the formulas show of a model: what is linear, what is a sum of squares."""
