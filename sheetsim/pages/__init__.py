"""A workbook as a page: one HTML file, live in any browser, with nothing else to fetch.

Python reads a workbook and writes what the page needs as data; the page's own modules, in the
folder `js`, compute and show it:

- `plans`: formulas as plans in JSON; what the page cannot compute.
- `elements`: XML as small trees.
- `read_styles`: fonts, fills, borders, number formats.
- `read_layout`: a sheet's layout, rules and validations.
- `read_charts`: a sheet's charts.
- `models`: its Solver model.
- `assemble`: all of it as one file.

In `js`, in the order in which they build on each other: `values`, `references`, `functions` (the
table; `functions_math`, `functions_text`, `functions_logic`, `functions_stats`, `functions_lookup`
fill it), `formats`, `plan` (a plan made ready to run), `engine` (cells, and the order in which they
are computed), `formula_text`, `looks`, `chart`, `entry` (what is typed), `grid`, `tape` (exact
derivatives), `optimizers`, `solve`, `app`. A function that one of the modules `functions_*` defines
is known to Python by that.
"""
