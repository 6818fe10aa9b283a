"""What starts the hub with the machine: a systemd unit, or a scheduled task of Windows, as text to install."""

import sys
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from workbooks.problems import Refused

SYSTEMD = """\
# Install: save as /etc/systemd/system/stopbook.service, then: systemctl enable --now stopbook
[Unit]
Description=Stopbook hub
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={command}
User={user}
Restart=always
RestartSec=2
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths={home}
UMask=0077

[Install]
WantedBy=multi-user.target
"""
WINDOWS = """\
<?xml version="1.0"?>
<!-- Install: save as stopbook.xml, then: schtasks /Create /TN Stopbook /XML stopbook.xml -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Stopbook hub</Description></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Principals><Principal id="Author"><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>{program}</Command><Arguments>{arguments}</Arguments><WorkingDirectory>{home}</WorkingDirectory></Exec>
  </Actions>
</Task>
"""


def unit(kind: str, home: Path, options: Sequence[str], user: str) -> str:
    """The unit of that kind for the hub of `home`, started with the same options."""
    arguments = ["-m", "stopbook", "--home", str(home), "serve", *options]
    if kind == "systemd":
        command = " ".join(_systemd(part) for part in (sys.executable, *arguments))
        return SYSTEMD.format(command=command, home=_systemd(str(home)), user=user)
    if kind == "windows":
        # the program without a console window
        program = (
            sys.executable[:-10] + "pythonw.exe" if sys.executable.lower().endswith("python.exe") else sys.executable
        )
        line = " ".join(_windows(part) for part in arguments)
        return WINDOWS.format(program=escape(program), arguments=escape(line), home=escape(str(home)))
    raise Refused(f"--print-unit {kind} is not known. Write systemd or windows.")


def _systemd(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{quoted}"' if quoted != text or any(c in text for c in " ;'") else text


def _windows(text: str) -> str:
    return f'"{text}"' if " " in text or not text else text
