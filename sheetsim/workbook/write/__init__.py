"""Our own sheets to an .xlsx file.

| module   | what it does                                                                    |
| -------- | ------------------------------------------------------------------------------- |
| `writer` | sheets to a file, cached values, validation and pages: the importer of XlsxWriter |
| `styles` | what cells look like                                                            |
| `growth` | numbers that outgrow their columns, in scientific form                          |
| `labels` | where the labels of points stand                                               |
| `charts` | native charts drawn from their descriptions (`sheetsim.sheet.chart`)            |
"""
