"""Pictures Office has of its own, by their imageMso names; each of these was looked up in lists of what Office knows.

A name that Office does not know leaves a button without a picture and says nothing, so only these are taken.
"""

_NAMES = """
AcceptInvitation AcceptTask AccountingFormat AddInManager AddressBook AdvancedFileProperties AutoSum Bullets
CalculateNow CalculateSheet Calculator CalendarInsert Call CancelRequest ChartInsert ChartRefresh CheckNames
CompareAndCombine Consolidate ControlsGallery CreateReportFromWizard DataRefreshAll DataValidation DateAndTimeInsert
DeclineInvitation DirectRepliesTo DollarSign EnvelopesAndLabelsDialog ErrorChecking ExportExcel ExportTextFile
FileCheckIn FileDocumentInspect FileFind FilePrintPreview FileSave FileSendAsAttachment FileWorkflowTasks FindDialog
FlagMessage FormulaEvaluate FunctionWizard GetExternalDataFromText Help HighImportance ImportExcel ImportTextFile
Info Lock MarkTaskComplete MessageNext NewNote NewTask Organizer PivotTableReport PropertySheet PublishToPdfOrEdoc
RecordsSaveRecord Refresh RefreshAll RefreshStatus Repeat ReviewAcceptChange ReviewRejectChange ReviewTrackChanges
RulesManager SaveAll Schedule SendStatusReport ServerConnection ShowFormulas SignatureLineInsert StarRatedFull
SyncNow TableInsert TimeScaleMenu Today TraceError TracePrecedents Undo UpgradeWorkbook VersionHistory WatchWindow
WhatIfAnalysisMenu WorkflowComplete ZoomToSelection
"""
ICONS = frozenset(_NAMES.split())
