"""A copy of a workbook in which some cells, sheets or names are new, and all else as it was."""
