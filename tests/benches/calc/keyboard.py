"""The part of the bridge that does what somebody at the keyboard does, and looks where they look. See `bridge.py`."""

import uno
from com.sun.star.beans import PropertyValue
from sheets import Sheets, box_of, each

BUTTON = 44  # com.sun.star.accessibility.AccessibleRole
ENABLED = 7  # com.sun.star.accessibility.AccessibleStateType


def options(**said):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in said.items())


class Keyboard(Sheets):
    """Commands, the selection, the editor of a cell, filters, buttons."""

    def __init__(self):
        super().__init__()
        self.accepts = {}

    def dispatch(self, doc, command, **said):
        """What a menu entry or key does."""
        self.merged.clear()
        frame = self.docs[doc].CurrentController.Frame
        self.dispatcher.executeDispatch(frame, ".uno:" + command, "", 0, options(**said))

    def selection(self, doc):
        """(sheet, box) of what is selected, None when it is more than one range."""
        area = getattr(self.docs[doc].CurrentSelection, "RangeAddress", None)
        if area is None:
            return None
        return self.docs[doc].Sheets.getByIndex(area.Sheet).Name, box_of(area)

    def select(self, doc, name, box):
        self.docs[doc].CurrentController.select(self._range(doc, name, box))

    def editing(self, doc):
        """Whether a cell is open for editing: only then can the button beside the formula be pressed that accepts it."""
        if doc not in self.accepts:
            self.accepts[doc] = self._part(doc, BUTTON, "Accept")
        return ENABLED in self.accepts[doc].getAccessibleStateSet().getStates()

    def shown(self, doc, name, row, col):
        """What a cell shows on the screen."""
        return self._sheet(doc, name).getCellByPosition(col - 1, row - 1).String

    def filter(self, doc, name, header, value):
        """Shows only the rows with this text under a header of the first rows; "" shows all of them again."""
        rows, cols = self.used(doc, name)
        cells = self._range(doc, name, (1, 1, rows, cols))
        column = next(line.index(header) for line in cells.getDataArray()[:20] if header in line)
        wanted = cells.createFilterDescriptor(True)
        wanted.ContainsHeader = True
        field = uno.createUnoStruct("com.sun.star.sheet.TableFilterField")
        field.Field, field.StringValue = column, value
        field.Operator = uno.Enum("com.sun.star.sheet.FilterOperator", "EQUAL")
        wanted.setFilterFields((field,) if value else ())
        cells.filter(wanted)

    def sort(self, doc, name, header, descending=False):
        """Sorts the rows below the header by one column."""
        rows, cols = self.used(doc, name)
        cells = self._range(doc, name, (1, 1, rows, cols))
        column = cells.getDataArray()[0].index(header)
        field = uno.createUnoStruct("com.sun.star.table.TableSortField")
        field.Field, field.IsAscending = column, not descending
        fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
        uno.invoke(cells, "sort", (options(SortFields=fields, ContainsHeader=True),))

    def undoable(self, doc):
        """What could be undone, last first."""
        return list(self.docs[doc].UndoManager.AllUndoActionTitles)

    def press(self, doc, sheet, label):
        """Clicks the form button with this label: the accessible action "press" of the live control."""
        controller = self.docs[doc].CurrentController
        for form in each(self._sheet(doc, sheet).DrawPage.Forms):
            for model in each(form):
                if getattr(model, "Label", None) == label:
                    controller.getControl(model).getAccessibleContext().doAccessibleAction(0)
                    return
        raise KeyError(f"no button {label!r} on {sheet}")

    def add_button(self, doc, sheet, label, macro):
        """Puts a form button on a sheet that runs a macro, as the designer would."""
        book = self.docs[doc]
        shape = book.createInstance("com.sun.star.drawing.ControlShape")
        shape.setSize(uno.createUnoStruct("com.sun.star.awt.Size", 4000, 900))
        shape.setPosition(uno.createUnoStruct("com.sun.star.awt.Point", 500, 500))
        model = book.createInstance("com.sun.star.form.component.CommandButton")
        model.Label = label
        shape.setControl(model)
        page = self._sheet(doc, sheet).DrawPage
        page.add(shape)
        form = model.getParent()
        place = form.Count - 1
        event = uno.createUnoStruct("com.sun.star.script.ScriptEventDescriptor")
        event.ListenerType, event.EventMethod = "com.sun.star.awt.XActionListener", "actionPerformed"
        event.ScriptType, event.ScriptCode = "Script", f"vnd.sun.star.script:{macro}?language=Basic&location=document"
        form.registerScriptEvent(place, event)
        book.CurrentController.setFormDesignMode(False)

    def _part(self, doc, role, name):
        """A part of the window, by what it is and how it is called."""

        def search(context, depth):
            if context.getAccessibleRole() == role and context.getAccessibleName() == name:
                return context
            count = context.getAccessibleChildCount()
            for n in range(count if count < 50 and depth < 4 else 0):
                child = context.getAccessibleChild(n)
                found = child and search(child.getAccessibleContext(), depth + 1)
                if found:
                    return found
            return None

        return search(self.docs[doc].CurrentController.Frame.ComponentWindow.getAccessibleContext(), 0)
