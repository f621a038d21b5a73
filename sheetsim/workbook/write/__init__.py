"""Our own sheets to an .xlsx file.

| module   | what it does                                                                    |
| -------- | ------------------------------------------------------------------------------- |
| `writer` | sheets to a file, cached values, validation and pages: the importer of XlsxWriter |
| `styles` | what cells look like                                                            |
| `charts` | native charts drawn from their descriptions (`sheetsim.sheet.chart`)            |
"""
