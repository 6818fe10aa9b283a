"""How tables become a workbook that people work in all day: *Today* or *Start* first, then one tab per table.

`build` is pure: equal content gives equal bytes. Everything a tab shows follows from the declarations in
`workbooks.tables`; this package decides only how it looks.
"""

from workbooks.layout.build import build
from workbooks.layout.content import Content, stamp_properties
from workbooks.layout.figures import Chart, Figures, figures

__all__ = ["Chart", "Content", "Figures", "build", "figures", "stamp_properties"]
