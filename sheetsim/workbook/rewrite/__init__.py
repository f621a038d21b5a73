"""A copy of a workbook in which some cells, sheets or names are new, and all else as it was.

| module                | what it does                                                         |
| --------------------- | -------------------------------------------------------------------- |
| `edited_copy`         | the copy with other values, another Solver model, or new sheets      |
| `cell_values`         | values put into the cells of a sheet, within its bytes               |
| `cell_bytes`          | the bytes of one cell with another value                             |
| `new_cells`           | cells that a sheet does not have yet, added where they belong        |
| `encoded_value`       | a value as XML                                                       |
| `xml_edits`           | edits in the bytes of XML                                            |
| `stored_model`        | a Solver model put into the hidden names of a sheet                  |
| `new_sheets`          | sheets behind the others, and the parts that list them               |
| `new_parts`           | free names and relationships for new parts                           |
| `new_styles`          | formats of their cells, at the ends of the lists of styles           |
| `line_chart`          | the chart of a new sheet                                             |
| `solver_reports`      | Solver's reports as new sheets                                       |
| `invalidated_copy`    | the copy without valid cached values, which proves a recalculation   |
| `without_data_tables` | the copy whose data tables are plain numbers                         |
| `zip_copy`            | the zip: changed parts packed, the others copied as they are         |
"""
