"""From text to tree: what a formula says, before anything is computed."""
