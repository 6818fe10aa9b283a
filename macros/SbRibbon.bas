Attribute VB_Name = "SbRibbon"
Option Explicit
' What Excel and Python call. A click says which control was pressed and nothing more, so that no line here changes
' when a job is added.

Private Const RIBBON_LOST As String = "Excel has let go of the Stopbook tab; start Excel again."

Private shown As Object

Public Function SB_Version() As String
    ' The version this add-in was built with.
    SB_Version = BUILT_AS
End Function

Public Sub SB_OnLoad(ribbon As IRibbonUI)
    Set shown = ribbon
End Sub

Public Sub SB_Press(control As IRibbonControl)
    On Error GoTo failed
    RunPython SbCommand(control.ID)
    Exit Sub
failed:
    SbFailed Err.Description
End Sub

Public Sub SB_Label(control As IRibbonControl, ByRef label)
    ' The controls status.1, status.2 and status.3 show the lines of the status.
    label = SbStatusLine(CLng(Right$(control.ID, 1)))
End Sub

Public Sub SB_Tip(control As IRibbonControl, ByRef supertip)
    ' The whole status, for whoever points at a line of it.
    supertip = SbStatus()
End Sub

Public Sub SB_SetStatus(ByVal text As String)
    ' Called from Python: how things stand, in up to three lines.
    SbKeepStatus text
    If shown Is Nothing Then
        ' after somebody reset the editor Excel holds no ribbon for us; the status bar is always there
        Application.StatusBar = "Stopbook: " & Replace(text, vbLf, ", ") & ". " & RIBBON_LOST
    Else
        shown.InvalidateControl "status.1"
        shown.InvalidateControl "status.2"
        shown.InvalidateControl "status.3"
    End If
End Sub

Public Sub SB_SelfTest()
    MsgBox SbReport(), vbInformation, "Stopbook"
End Sub
