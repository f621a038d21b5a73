"""What stands beside or above a cell and says what it is."""

from sheetsim.sheet import Block, Kind, Sheet


def texts_on(sheet: Sheet) -> dict[tuple[int, int], str]:
    """The fixed texts of a sheet by (row, column)."""
    return {
        (row, column): value
        for block in sheet.of_kind(Kind.TEXT)
        for row, column, i, j in block.cells()
        if isinstance(value := block.values[i, j], str)
    }


def label_of(sheet: Sheet, block: Block) -> str:
    """The text above a block, or the nearest to its left; "" if there is none."""
    texts = texts_on(sheet)
    places = [(block.row - 1, block.column)]
    places += [(block.row, column) for column in range(block.column - 1, -1, -1)]
    return next((texts[at] for at in places if at in texts), "")
