"""Our own sheets to an .xlsx file."""
