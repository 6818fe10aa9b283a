"""Which kinds of batchUpdate are served, and where: a kind's function registers itself with :func:`kind`.

``KINDS`` says for each kind where its truth comes from: ``recorded`` (a recorded exchange is replayed), ``documented``
(Google's reference says it), ``unverified`` (a reasoned guess; nothing public settles it).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_sheets.batch.context import Context

Json = dict[str, Any]
Handler = Callable[["Context", Json], Json]

KINDS: dict[str, str] = {
    "addBanding": "documented",
    "addChart": "documented",
    "addConditionalFormatRule": "documented",
    "addDimensionGroup": "recorded",
    "addFilterView": "documented",
    "addNamedRange": "recorded",
    "addProtectedRange": "recorded",
    "addSheet": "recorded",
    "addTable": "documented",
    "appendCells": "documented",
    "appendDimension": "documented",
    "autoResizeDimensions": "unverified",
    "clearBasicFilter": "recorded",
    "copyPaste": "recorded",
    "createDeveloperMetadata": "documented",
    "cutPaste": "recorded",
    "deleteBanding": "documented",
    "deleteConditionalFormatRule": "documented",
    "deleteDeveloperMetadata": "documented",
    "deleteDimension": "recorded",
    "deleteDimensionGroup": "recorded",
    "deleteDuplicates": "documented",
    "deleteEmbeddedObject": "documented",
    "deleteFilterView": "documented",
    "deleteNamedRange": "recorded",
    "deleteProtectedRange": "recorded",
    "deleteRange": "documented",
    "deleteSheet": "recorded",
    "deleteTable": "documented",
    "duplicateFilterView": "documented",
    "duplicateSheet": "documented",
    "findReplace": "documented",
    "insertDimension": "recorded",
    "insertRange": "documented",
    "mergeCells": "recorded",
    "moveDimension": "documented",
    "repeatCell": "recorded",
    "setBasicFilter": "recorded",
    "setDataValidation": "recorded",
    "sortRange": "recorded",
    "trimWhitespace": "documented",
    "unmergeCells": "recorded",
    "updateBanding": "documented",
    "updateBorders": "documented",
    "updateCells": "recorded",
    "updateChartSpec": "documented",
    "updateConditionalFormatRule": "documented",
    "updateDeveloperMetadata": "documented",
    "updateDimensionGroup": "documented",
    "updateDimensionProperties": "recorded",
    "updateEmbeddedObjectPosition": "documented",
    "updateFilterView": "documented",
    "updateNamedRange": "documented",
    "updateProtectedRange": "documented",
    "updateSheetProperties": "recorded",
    "updateSpreadsheetProperties": "recorded",
    "updateTable": "documented",
}
HANDLERS: dict[str, Handler] = {}


def kind(name: str) -> Callable[[Handler], Handler]:
    """Registers the function that carries out one kind."""

    def register(function: Handler) -> Handler:
        if name not in KINDS or name in HANDLERS:
            raise ValueError(f"{name} is not a declared kind, or is there twice")
        HANDLERS[name] = function
        return function

    return register
