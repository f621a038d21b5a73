"""Any .xlsx file as plain data; a file from a stranger is bounded and refused before it does harm.

| module            | what it reads                                                            |
| ----------------- | ------------------------------------------------------------------------ |
| `archive`         | the zip and its parts; what is wrong with a file is found here           |
| `paths`           | nothing yet: which paths are those of workbooks, by the look of them     |
| `xml_scan`        | the XML of a part, with document types and entities refused              |
| `book`            | a workbook: names and tables now, the cells of a sheet when asked for    |
| `all_cells`       | every cell of every sheet at once                                        |
| `sheet_cells`     | the cells of one sheet as values and formulas                            |
| `plain_sheet`     | the same by one pattern, where a sheet is in the usual form              |
| `cell_xml`        | the cells of one sheet as they stand in its XML                          |
| `formula_runs`    | formulas that are filled from others, though they are written out        |
| `array_formulas`  | which cells an array formula or a data table covers                      |
| `value_text`      | numbers, dates and indices as text                                       |
| `escapes`         | texts with signs that XML cannot hold                                    |
| `shared_strings`  | texts that cells refer to by number                                      |
| `defined_names`   | the names of ranges, constants and formulas                              |
| `tables`          | the tables that formulas refer to by name                                |
| `merged_areas`    | which cells are merged                                                   |
| `hidden_rows`     | which rows are hidden or filtered                                        |
| `cell_labels`     | the words beside a cell                                                  |
| `outline`         | a part without its numbers, and the numbers that charts remember         |
"""
