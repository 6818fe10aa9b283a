Attribute VB_Name = "xlwings_safe"
' Procedures that take the place of xlwings' own of the same name when the add-in is built (addin/build/harden.py).
' Together they see to it that no workbook has a say in which Python runs or where it looks for modules.

Public Function RunPython(PythonCommand As String)
    #If Mac Then
        ' The empty places are folders of workbooks and clouds, which are not for Python to look in.
        ExecuteMac PythonCommand, CStr(GetConfig("INTERPRETER_MAC")), "False;;;;;;"
    #Else
        XLPy.Exec "" & PythonCommand & ""
    #End If
End Function

Function XLPyCommand()
    ' The agent's number, to attach to it; else the command that starts a Python which looks nowhere but in its own
    ' folders: -I keeps the current folder, the user's packages and the environment's variables out.
    If GetConfig("DEBUG UDFS") = "True" Then
        XLPyCommand = AGENT_CLSID
    Else
        XLPyCommand = "cmd.exe /K " & Chr(34) & Chr(34) & GetConfig("INTERPRETER_WIN") & Chr(34) & _
            " -I -B -c ""import xlwings; xlwings.serve('$(CLSID)')""" & Chr(34)
        If Len(XLPyCommand) > LONGEST_COMMAND Then
            Err.Raise 1001, Description:="Refused: The path of Python is too long. Run: stopbook addin install."
        End If
    End If
End Function

Function XLPy()
    #If Mac Then
        Err.Raise 1003, Description:="Refused: Functions need Excel on Windows. The tabs have the same figures as values."
    #Else
        XLPyLoadDLL
        If 0 <> XLPyDLLActivateAuto(XLPy, XLPyCommand, 1) Then
            Err.Raise 1000, Description:=SbNoAnswer(GetConfig("DEBUG UDFS") = "True")
        End If
    #End If
End Function

Private Sub XLPyLoadDLL()
    ' The library lies beside Python, or above it in an environment.
    #If Not Mac Then
        Dim folder As String
        folder = ParentFolder(GetConfig("INTERPRETER_WIN"))
        If LoadLibrary(folder & "\" & XLPyDLLName) <> 0 Then Exit Sub
        If LoadLibrary(ParentFolder(folder) & "\" & XLPyDLLName) <> 0 Then Exit Sub
        Err.Raise 1002, Description:="Refused: " & XLPyDLLName & " could not be loaded from " & ParentFolder(folder) & _
            ". Run: stopbook doctor. It says what is missing."
    #End If
End Sub

Function GetConfig(configKey As String, Optional default As String = "") As Variant
    ' From the add-in's own sheet, and from nowhere else.
    Dim found As Object
    Set found = GetConfigFromSheet(ThisWorkbook)
    GetConfig = default
    If found.Exists(configKey) Then GetConfig = found.Item(configKey)
    GetConfig = ExpandEnvironmentStrings(GetConfig)
End Function

Sub ShowError(FileName As String, Optional Message As String = "")
    If Message = "" Then Message = ReadFile(FileName)
    SbFailed Message
End Sub

Function ExpandEnvironmentStrings(ByVal s As String)
    ' $HOME at the beginning on a Mac, %NAME% at the beginning on Windows.
    Dim parts As Variant, i As Long
    ExpandEnvironmentStrings = s
    #If Mac Then
        If Left$(s, 1) <> "$" Then Exit Function
        parts = Split(s, "/")
        ExpandEnvironmentStrings = GetMacDir(CStr(parts(0)), True)
        If Right$(ExpandEnvironmentStrings, 1) = "/" Then
            ExpandEnvironmentStrings = Left$(ExpandEnvironmentStrings, Len(ExpandEnvironmentStrings) - 1)
        End If
        For i = 1 To UBound(parts)
            ExpandEnvironmentStrings = ExpandEnvironmentStrings & "/" & parts(i)
        Next i
    #Else
        If Left$(s, 1) <> "%" Then Exit Function
        i = InStr(2, s, "%")
        If i > 2 Then ExpandEnvironmentStrings = Environ(Mid$(s, 2, i - 2)) & Mid$(s, i + 1)
    #End If
End Function
