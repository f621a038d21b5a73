"""Values of many cells: what depends on an edit, and what it becomes."""
