"""Any .xlsx file as plain data, read with suspicion."""
