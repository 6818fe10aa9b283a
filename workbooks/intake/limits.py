"""How much a file may hold. Everything that refuses a file for its size reads its number here.

The numbers stand far above a day of 5,000 stops and low enough that reading stays under one GiB of memory.
"""

MB = 1_000_000

FILE = 50 * MB
"""bytes of a file as it lies on the disk"""
UNPACKED = 500 * MB
"""bytes of all parts of a workbook, unpacked"""
PART = 400 * MB
"""bytes of one part, unpacked"""
SMALL_PART = 20 * MB
"""bytes of a part that is neither a tab nor the shared texts, unpacked"""
RATIO = 200
"""how many times larger than packed a part may be; only asked of parts above `RATIO_FROM`"""
RATIO_FROM = 10 * MB
ENTRIES = 2_000
"""parts of a workbook"""
TABS = 200
ROWS = 200_000
COLUMNS = 500
CELLS = 5_000_000
"""cells of all tabs together, counting the empty ones between the first row and the last"""
MERGES = 20_000
TOKEN = 4 * MB
"""bytes between two tags of a part: a cell's text and what surrounds it"""
MEMORY = 880 * MB
"""what the cells of a file may take in memory, by the estimate below"""
CELL_WEIGHT = 120
"""bytes of a cell in memory besides its text, measured"""
ON_DISK = 32 * MB
"""a checked copy above this lies in a temporary file instead of memory"""
HEADER_WITHIN = 20
"""rows from the top in which a header row is looked for"""
