Attribute VB_Name = "SbCore"
Option Explicit
Option Private Module
' What the ribbon's subs are made of. Private to the project: no cell of a workbook can call it.

Public Const BUILT_AS As String = "0.0.0"

Private Const LONGEST_LINE As Long = 48

Private statusText As String

Public Function SbCommand(ByVal id As String) As String
    ' What Python is told: without double quotes, percent signs and bars, which the ways to it would read as their own.
    SbCommand = "import addin.handshake as h; h.press('" & id & "', '" & BUILT_AS & "')"
End Function

Public Sub SbKeepStatus(ByVal text As String)
    statusText = text
End Sub

Public Function SbStatus() As String
    SbStatus = statusText
    If SbStatus = "" Then SbStatus = "Not connected yet"
End Function

Public Function SbStatusLine(ByVal number As Long) As String
    ' One line of the status, cut where it would make the ribbon wide.
    Dim lines As Variant
    lines = Split(SbStatus(), vbLf)
    If number - 1 > UBound(lines) Then Exit Function
    SbStatusLine = lines(number - 1)
    If Len(SbStatusLine) > LONGEST_LINE Then SbStatusLine = Left$(SbStatusLine, LONGEST_LINE - 3) & "..."
End Function

Public Sub SbFailed(ByVal details As String)
    MsgBox SbSentence(details), vbExclamation, "Stopbook"
End Sub

Public Function SbSentence(ByVal details As String) As String
    ' One sentence for what went wrong: Python's own where it refused, else where to look.
    Dim lines As Variant, last As String, at As Long, i As Long
    lines = Split(Replace(details, vbCr, ""), vbLf)
    For i = LBound(lines) To UBound(lines)
        If Trim$(lines(i)) <> "" Then last = Trim$(lines(i))
    Next i
    at = InStr(last, "Refused: ")
    If at > 0 Then
        SbSentence = Mid$(last, at + Len("Refused: "))
    Else
        SbSentence = "Stopbook could not do this. Run: stopbook doctor. It says what is wrong and what to do."
        If last <> "" Then SbSentence = SbSentence & " (" & last & ")"
    End If
End Function

Public Function SbNoAnswer(ByVal agent As Boolean) As String
    If agent Then
        SbNoAnswer = "Refused: Stopbook's agent on this computer does not answer. Sign out and in again; if that does " & _
            "not help, run: stopbook doctor."
    Else
        SbNoAnswer = "Refused: Stopbook's Python on this computer could not be started. Run: stopbook doctor."
    End If
End Function

Public Function SbReport() As String
    ' What stands between a click and Python, link by link, up to the first that does not hold.
    Dim python As String
    On Error GoTo failed
    SbReport = "Add-in " & BUILT_AS & ", xlwings " & XLWINGS_VERSION & ", Excel " & Application.Version
    #If Mac Then
        python = GetConfig("INTERPRETER_MAC")
    #Else
        python = GetConfig("INTERPRETER_WIN")
    #End If
    SbReport = SbReport & vbLf & "Python: " & python
    If Not FileExists(python) Then
        SbReport = SbReport & vbLf & "It is not there. Run: stopbook addin install."
        Exit Function
    End If
    #If Mac Then
        SbReport = SbReport & vbLf & "The rest is asked with the button Check setup."
    #Else
        SbReport = SbReport & vbLf & XLPy.Str(XLPy.Call(XLPy.Module("addin.handshake"), "about", XLPy.Tuple(BUILT_AS)))
    #End If
    Exit Function
failed:
    SbReport = SbReport & vbLf & SbSentence(Err.Description)
End Function
