"""Everything that writes or reads an .xlsx file."""
