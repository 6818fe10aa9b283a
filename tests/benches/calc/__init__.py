"""A real spreadsheet program under test: xlwings over a LibreOffice Calc that runs without a screen.

The add-in speaks to Excel through xlwings. Here xlwings gets an engine of its own, so that the very same code works on a
live workbook where there is no Excel. Test code only. What it takes over from Excel, because that is how COM gives and
takes values, stands in `typed.py`, `sheets.py`, `ranges.py` and `com.py`; what no LibreOffice can say about Excel, it does
not.

- `typed.py`: what Excel makes of a text that is put into a cell
- `bridge.py`, `sheets.py`, `keyboard.py`: speak UNO, in the system's Python, the only one that can
- `office.py`: starts and stops both, and asks the bridge
- `engine.py`, `books.py`, `ranges.py`, `com.py`: the engine, on xlwings' public base classes
- `person.py`: somebody at the keyboard of the open workbook
- `udf.py`: the worksheet functions, called as xlwings calls them
"""
