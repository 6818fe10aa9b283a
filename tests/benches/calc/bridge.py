"""The side of the bench that speaks UNO. The system's Python runs it, because `uno` belongs to that one alone.

Requests and answers are pickled tuples over a pipe: ("ask", name, arguments) for a method of `Calc`, answered with
("answer", value) or ("failed", text). Basic code in a workbook can call back: `createUnoService("stopbook.bench.Python")`
is an object whose every method is passed on. `RunPython` only leaves its command in `Calc.clicked`, as on a system where
RunPython does not wait; `Ribbon` runs the macro that `has_ribbon` named, in the workbook it named; anything else is
answered by the tests' process with ("given", value).

When the pipe closes, the bridge closes the workbooks, ends LibreOffice and itself: nothing is left over from a test
process that died.
"""

import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import uno
import unohelper
from com.sun.star.lang import XServiceInfo, XSingleComponentFactory
from com.sun.star.script import XInvocation
from keyboard import Keyboard, options

ALWAYS = 4  # com.sun.star.document.MacroExecMode.ALWAYS_EXECUTE_NO_WARN
EXCEL = 3  # com.sun.star.sheet.AddressConvention.XL_OOX
FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML", ".pdf": "calc_pdf_Export"}
REMOVABLE = 128  # com.sun.star.beans.PropertyAttribute
SERVICE = "stopbook.bench.Python"


class Calc(Keyboard):
    """LibreOffice, and what can be asked of it."""

    def __init__(self, program, profile, tell):
        super().__init__()
        self.numbers, self.clicked, self.tell, self.ribbon = 0, queue.Queue(), tell, ()
        accept = f"pipe,name=stopbook{os.getpid()};urp;"
        flags = ["--headless", "--norestore", "--nologo", "--nodefault", "--nofirststartwizard"]
        command = [program, *flags, f"--accept={accept}", f"-env:UserInstallation={uno.systemPathToFileUrl(profile)}"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True)
        self.context = self._connected(accept)
        self.desktop = self._service("com.sun.star.frame.Desktop")
        self.dispatcher = self._service("com.sun.star.frame.DispatchHelper")
        self.factory = Factory(self)
        self.context.ServiceManager.insert(self.factory)

    def _connected(self, accept):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + 60
        while True:
            try:
                return resolver.resolve(f"uno:{accept}StarOffice.ComponentContext")
            except Exception:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"LibreOffice did not start ({self.process.poll()})") from None
                time.sleep(0.05)

    def _service(self, name):
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def stop(self):
        """Closes everything; LibreOffice is asked first, then made to go."""
        for doc in list(self.docs):
            with suppress(Exception):
                self.close(doc)
        with suppress(Exception):
            self.context.ServiceManager.remove(self.factory)
        with suppress(Exception):
            self.desktop.terminate()
        self.parsers.clear()
        self.accepts.clear()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def open(self, path=None):
        """Opens a workbook (or a new one) with a window, calculates it, returns its number."""
        url = uno.systemPathToFileUrl(path) if path else "private:factory/scalc"
        how = {"FilterName": FILTERS[".xlsm"]} if path and path.endswith((".xlam", ".xlsm")) else {}
        doc = self.desktop.loadComponentFromURL(
            url, "_blank", 0, options(Hidden=False, MacroExecutionMode=ALWAYS, UpdateDocMode=1, **how)
        )
        if doc is None:
            raise OSError(f"LibreOffice could not open {path}")
        if path:
            doc.calculateAll()
        self.numbers += 1
        self.docs[self.numbers] = doc
        parser = doc.createInstance("com.sun.star.sheet.FormulaParser")
        parser.CompileEnglish, parser.FormulaConvention = True, EXCEL
        self.parsers[self.numbers] = parser
        return self.numbers

    def close(self, doc):
        self.parsers.pop(doc)
        self.accepts.pop(doc, None)
        self.docs.pop(doc).close(True)

    def store(self, doc, path):
        """Saves to `path`, in the manner of its ending."""
        how = options(FilterName=FILTERS[Path(path).suffix], Overwrite=True)
        self.docs[doc].storeToURL(uno.systemPathToFileUrl(path), how)

    def read_only(self, doc):
        return self.docs[doc].isReadonly()

    def modified(self, doc):
        return self.docs[doc].isModified()

    def properties(self, doc):
        """{name: value} of the properties people and programs added."""
        own = self.docs[doc].DocumentProperties.UserDefinedProperties
        return {one.Name: own.getPropertyValue(one.Name) for one in own.getPropertySetInfo().getProperties()}

    def set_property(self, doc, name, value):
        own = self.docs[doc].DocumentProperties.UserDefinedProperties
        if own.getPropertySetInfo().hasPropertyByName(name):
            own.setPropertyValue(name, value)
        else:
            own.addProperty(name, REMOVABLE, value)

    def calculate(self):
        for doc in self.docs.values():
            doc.calculateAll()

    def version(self):
        access = self._service("com.sun.star.configuration.ConfigurationProvider").createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess", options(nodepath="/org.openoffice.Setup/Product"))  # fmt: skip
        return access.ooSetupVersion

    def add_module(self, doc, library, name, text):
        """Puts a Basic module into a workbook."""
        libraries = self.docs[doc].BasicLibraries
        if not libraries.hasByName(library):
            libraries.createLibrary(library)
        modules = libraries.getByName(library)
        (modules.replaceByName if modules.hasByName(name) else modules.insertByName)(name, text)

    def modules(self, doc, library):
        """{name: text} of the Basic modules a workbook brought along."""
        modules = self.docs[doc].BasicLibraries.getByName(library)
        return {name: modules.getByName(name) for name in modules.ElementNames}

    def find_macro(self, doc, module, name):
        """(library, module) of a macro, None without one."""
        declared = re.compile(rf"(?im)^[ \t]*(Public[ \t]+)?(Sub|Function)[ \t]+{name}\b")
        for library in self.docs[doc].BasicLibraries.ElementNames:
            for found, text in self.modules(doc, library).items():
                if module in (None, found) and declared.search(text):
                    return library, found
        return None

    def macro(self, doc, library, module, name, arguments):
        """Runs a macro and returns what it returns."""
        where = f"vnd.sun.star.script:{library}.{module}.{name}?language=Basic&location=document"
        return self.docs[doc].getScriptProvider().getScript(where).invoke(tuple(arguments), (), ())[0]

    def has_ribbon(self, doc, library, module, name):
        """Names the macro that stands behind the ribbon, which LibreOffice does not draw."""
        self.ribbon = (doc, library, module, name)

    def clicks(self, seconds):
        """The next command a RunPython left, or None when there was none in time."""
        with suppress(queue.Empty):
            return self.clicked.get(timeout=seconds)
        return None


class Python(unohelper.Base, XInvocation):
    """What Basic gets for `createUnoService("stopbook.bench.Python")`."""

    def __init__(self, calc):
        self.calc = calc

    def invoke(self, name, arguments, places, out):
        if name == "RunPython":
            self.calc.clicked.put(arguments[0])
            return None, (), ()
        if name == "Ribbon":
            return self.calc.macro(*self.calc.ribbon, arguments), (), ()
        return self.calc.tell(name, arguments), (), ()

    def getIntrospection(self):  # noqa: N802
        return None

    def hasMethod(self, name):  # noqa: N802
        return True

    def hasProperty(self, name):  # noqa: N802
        return False


class Factory(unohelper.Base, XSingleComponentFactory, XServiceInfo):
    """Makes `Python` known to LibreOffice."""

    def __init__(self, calc):
        self.python = Python(calc)

    def createInstanceWithContext(self, context):  # noqa: N802
        return self.python

    def createInstanceWithArgumentsAndContext(self, arguments, context):  # noqa: N802
        return self.python

    def getImplementationName(self):  # noqa: N802
        return SERVICE

    def supportsService(self, name):  # noqa: N802
        return name == SERVICE

    def getSupportedServiceNames(self):  # noqa: N802
        return (SERVICE,)


def main():
    """Serves the pipe until it closes."""
    ask, answer = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asked, given, alone = queue.Queue(), queue.Queue(), threading.Lock()

    def say(*message):
        with alone:
            pickle.dump(message, answer)
            answer.flush()

    def listen():
        with suppress(EOFError):
            while True:
                kind, *rest = pickle.load(ask)
                (asked if kind == "ask" else given).put(rest)
        asked.put(None)
        given.put((None,))

    def tell(name, arguments):
        say("tell", name, arguments)
        return given.get()[0]

    calc = Calc(sys.argv[1], sys.argv[2], tell)
    try:
        say("answer", (calc.version(), calc.process.pid))
        threading.Thread(target=listen, daemon=True).start()
        while (request := asked.get()) is not None:
            name, arguments, named = request
            try:
                value = getattr(calc, name)(*arguments, **named)
            except Exception as problem:
                say("failed", f"{type(problem).__name__}: {problem}")
            else:
                say("answer", value)
    finally:
        calc.stop()


if __name__ == "__main__":
    main()
