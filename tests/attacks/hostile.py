"""Hostile programs: each claims to compute 5!, and tries something else."""

import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """`guarded` and `bare`: the verdict, or `verdict: detail`, with and without the guard; `|` separates
    outcomes that depend on the interpreter's version. `value`: what the bare call returns, or `!Type` it raises."""

    code: str
    guarded: str
    bare: str
    value: str = ""


# What a program says after trying everything on a list: the attempts that got through.
TRY = """
def attempts(actions):
    through = []
    for name, action in actions:
        try:
            action()
            through.append(name)
        except OSError:
            pass
    return through
"""
LIBC = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def refused(name, *args):
    result = getattr(libc, name)(*args)
    return result == -1 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)
"""

ATTACKS = {
    # files
    "write outside tmp": Attack(
        TRY + "import os\n"
        "places = ['/', '/etc', '/usr/lib', '/sandbox', '/dev', '/root', '/home', os.path.dirname(os.__file__)]\n"
        "def f(n): return attempts([(p, lambda p=p: open(p + '/x', 'w')) for p in places])",
        "forbidden: open: //x",
        "ok",
        "[]",
    ),
    "overwrite the harness": Attack(
        TRY + "import os\ndef f(n): return attempts([(p, lambda p=p: open('/sandbox/' + p, 'r+')) "
        "for p in os.listdir('/sandbox')] + [('chmod', lambda: os.chmod('/sandbox/child.py', 0o777)), "
        "('remove', lambda: os.remove('/sandbox/child.py'))])",
        "forbidden: os.listdir: /sandbox",
        "ok",
        "[]",
    ),
    "read the caller's files": Attack(
        TRY + "def f(n): return attempts([(p, lambda p=p: open(p).read()) for p in "
        "('@CANARY@', '/etc/passwd', '/etc/shadow', '/root/.bashrc', '/proc/1/environ', '/proc/self/maps')])",
        "forbidden: open: @CANARY@",
        "ok",
        "[]",
    ),
    "read the environment": Attack("import os\ndef f(n): return dict(os.environ)", "ok", "ok", "{}"),
    "read through the import system": Attack(
        "import importlib.machinery as m\ndef f(n): return m.SourceFileLoader('x', '@CANARY@').get_data('@CANARY@')",
        "forbidden: open: @CANARY@",
        "ok",
        "!FileNotFoundError",
    ),
    "symlink to a file outside": Attack(
        "import os\ndef f(n):\n    os.symlink('@CANARY@', '/tmp/link')\n    return open('/tmp/link').read()",
        "forbidden: os.symlink",
        "ok",
        "!PermissionError",
    ),
    "climb out of the root": Attack(
        "import os\ndef f(n):\n    os.chdir('/tmp')\n    os.chroot('/tmp')\n    return os.listdir('../../..')",
        "forbidden: os.chdir: /tmp",
        "ok",
        "!PermissionError",
    ),
    "proc games": Attack(
        "import os\ndef f(n): return os.listdir('/proc')", "forbidden", "ok", "!FileNotFoundError"
    ),
    "device nodes": Attack(
        "import os\ndef f(n): os.mknod('/tmp/m', 0o60666, 259)", "ok", "ok", "!PermissionError"
    ),
    # network
    "inet socket": Attack(
        "import socket\ndef f(n): return socket.create_connection(('127.0.0.1', @PORT@)).recv(9)",
        "forbidden: socket",
        "ok",
        "!PermissionError",
    ),
    "unix socket": Attack(
        "import socket\ndef f(n): socket.socket(socket.AF_UNIX).connect('@SOCKET@')",
        "forbidden: socket.__new__",
        "ok",
        "!PermissionError",
    ),
    "abstract socket": Attack(
        "import socket\ndef f(n): socket.socket(socket.AF_UNIX).connect('\\0@ABSTRACT@')",
        "forbidden: socket.__new__",
        "ok",
        "!PermissionError",
    ),
    # processes
    "fork bomb": Attack(
        "import os\ndef f(n):\n    while True: os.fork()", "forbidden: os.fork", "ok", "!PermissionError"
    ),
    "fork bomb that gives not up": Attack(
        "import os\nwhile True:\n    try: os.fork()\n    except BaseException: pass",
        "forbidden: os.fork",
        "timeout",
    ),
    "fork that no hook sees": Attack(
        "import _posixsubprocess, os, inspect\n"
        "def f(n): return _posixsubprocess.fork_exec([b'/bin/sh'], [b'/bin/sh'], True, (), None, None, -1, -1, -1, -1,"
        " -1, -1, os.dup(0), os.dup(0), False, False, 0, None, None, None, -1, None, False)",
        "ok",
        "ok",
        "!PermissionError|!TypeError",
    ),
    "daemon by double fork": Attack(
        "import os\ndef f(n):\n    if os.fork() == 0:\n        os.setsid()\n        os.fork()\n    return 120",
        "forbidden: os.fork",
        "ok",
        "!PermissionError",
    ),
    "exec a shell": Attack(
        "import os\ndef f(n): os.execv('/bin/sh', ['sh'])",
        "forbidden: os.exec: /bin/sh",
        "ok",
        "!PermissionError",
    ),
    "subprocess": Attack(
        "import subprocess, sys\ndef f(n): return subprocess.run([sys.executable, '-V'])",
        "forbidden: subprocess.Popen",
        "ok",
        "!PermissionError",
    ),
    "kill the parent": Attack(
        "import os\ndef f(n):\n    os.kill(os.getppid(), 9)",
        "forbidden: os.kill: 1",
        "ok",
        "!PermissionError",
    ),
    "kill everything": Attack(
        "import os\ndef f(n): os.kill(-1, 9)", "forbidden: os.kill: -1", "ok", "!PermissionError"
    ),
    "stop itself": Attack(
        "import signal\ndef f(n): signal.raise_signal(signal.SIGSTOP)",
        "ok",
        "ok",
        "!PermissionError|!OSError",
    ),
    "ptrace the parent": Attack(
        LIBC + "import os\ndef f(n): return refused('ptrace', 16, os.getppid(), 0, 0)",
        "forbidden: ctypes",
        "ok",
        "True",
    ),
    "new namespaces": Attack(
        LIBC + "def f(n): return [refused('unshare', 0x10000000), refused('setns', 0, 0), "
        "refused('mount', b'x', b'/tmp', b'tmpfs', 0, 0), refused('pivot_root', b'/tmp', b'/tmp')]",
        "forbidden: ctypes",
        "ok",
        "[True, True, True, True]",
    ),
    "exotic system calls": Attack(
        LIBC
        + "def f(n): return [refused('syscall', x, 0, 0, 0, 0) for x in (321, 323, 425, 250, 298, 434, 319)]"
        if platform.machine() == "x86_64"
        else LIBC
        + "def f(n): return [refused('syscall', x, 0, 0, 0, 0) for x in (280, 282, 425, 219, 241, 434, 279)]",
        "forbidden: ctypes",
        "ok",
        str([True] * 7),
    ),
    "raise its own limits": Attack(
        "import resource\ndef f(n): resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))",
        "forbidden: resource.setrlimit",
        "ok",
        "!PermissionError|!ValueError",
    ),
    "limits by prlimit": Attack(
        LIBC + "def f(n): return refused('prlimit', 0, 0, (ctypes.c_ulong * 2)(99, 99), None)",
        "forbidden: ctypes",
        "ok",
        "True",
    ),
    # exhaustion
    "memory bomb": Attack(
        "def f(n):\n    x = []\n    while True: x.append(bytes(1 << 24))", "memory", "memory"
    ),
    "memory bomb that gives not up": Attack(
        "def f(n):\n    x = []\n    while True:\n        try: x.append(bytearray(1 << 24))\n"
        "        except MemoryError: pass",
        "timeout",
        "timeout",
    ),
    "memory outside the limit": Attack(
        "import os\ndef f(n): os.memfd_create('x')", "ok", "ok", "!PermissionError"
    ),
    "thread bomb": Attack(
        "import threading, time\ndef f(n):\n    for _ in range(10 ** 6):\n"
        "        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
        "ok|memory|timeout|killed",
        "ok|memory|timeout|killed",
    ),
    "disk bomb": Attack(
        "def f(n):\n    for i in range(99):\n        with open(f'/tmp/{i}', 'wb') as s:\n"
        "            s.write(bytes(1 << 20))",
        "forbidden: open: /tmp/0",
        "ok",
        "!OSError",
    ),
    "one huge file": Attack(
        "def f(n):\n    with open('/tmp/x', 'wb') as s:\n        s.write(bytes(1 << 23))",
        "forbidden: open: /tmp/x",
        "ok",
        "!OSError",
    ),
    "endless output": Attack("def f(n):\n    while True: print('x' * 65536)", "timeout", "timeout"),
    "endless output past Python": Attack(
        "import os\ndef f(n):\n    while True: os.write(1, b'x' * 65536)", "ok", "ok", "!OSError"
    ),
    "unlistable and deep folders": Attack(
        "import os\ndef f(n):\n    for i in range(1500):\n        os.mkdir('d', 0o300)\n        os.chdir('d')",
        "forbidden: os.mkdir: d",
        "ok",
        "None",
    ),
    "endless loop": Attack("def f(n):\n    while True: pass", "timeout", "timeout"),
    "endless loop that catches everything": Attack(
        "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except Exception: pass\n"
        "def f(n):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "timeout",
        "timeout",
    ),
    "endless sleep": Attack("import time\ndef f(n): time.sleep(99)", "timeout", "timeout"),
    "busy threads": Attack(
        "import threading\ndef spin():\n    while True: pass\n"
        "def f(n):\n    for _ in range(8): threading.Thread(target=spin).start()\n    spin()",
        "timeout",
        "timeout",
    ),
    "catastrophic regex": Attack(
        "import re\ndef f(n): return re.match('(a+)+$', 'a' * 40 + 'b')", "timeout", "timeout"
    ),
    "huge int": Attack("def f(n): return 7 ** 10 ** 8", "timeout|memory", "timeout|memory"),
    "deep recursion": Attack(
        "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n): return f(n)",
        "memory|timeout|killed|ok",
        "memory|timeout|killed|ok",
    ),
    "C stack overflow": Attack(
        "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(s): return repr([s])\n"
        "def f(n): return repr(A())",
        "killed: SIGSEGV|timeout|ok",
        "killed: SIGSEGV|timeout|ok",
    ),
    # crashes and exits
    "leave with success": Attack(
        "import os\ndef f(n): os._exit(0)", "killed: it left with status 0", "killed"
    ),
    "exit in the call": Attack("import sys\ndef f(n): sys.exit(0)", "ok", "ok", "!SystemExit"),
    "exit in a finalizer": Attack(
        "import sys\nclass A:\n    def __del__(s): sys.exit(0)\ndef f(n):\n    A()\n    return 6",
        "ok",
        "ok",
        "6",
    ),
    "abort": Attack("import os\ndef f(n): os.abort()", "killed", "killed"),
    "null pointer": Attack(
        "import ctypes\ndef f(n): ctypes.string_at(0)", "forbidden: ctypes", "killed: SIGSEGV"
    ),
    "broken bytecode": Attack(
        "def g(): pass\ndef f(n):\n    g.__code__ = g.__code__.replace(co_code=b'\\x64\\xff' * 8)\n    g()",
        "killed|ok",
        "killed|ok",
    ),
    "alarm": Attack(
        "import signal\ndef f(n):\n    signal.setitimer(0, 0.05)\n    while True: pass",
        "killed: SIGALRM",
        "killed",
    ),
    # lies
    "equal to everything": Attack(
        "class A:\n    def __eq__(s, o): return True\n    __hash__ = None\ndef f(n): return A()",
        "ok",
        "ok",
        "!NotPlain",
    ),
    "an int equal to everything": Attack(
        "class A(int):\n    def __eq__(s, o): return True\n    __hash__ = None\ndef f(n): return A(7)",
        "ok",
        "ok",
        "!NotPlain",
    ),
    "a string that renders as another": Attack(
        "class A(str):\n    def __repr__(s): return '120'\ndef f(n): return A('x')", "ok", "ok", "!NotPlain"
    ),
    "patched builtins": Attack(
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.repr = lambda o: '12'\n"
        "class A: pass\ndef f(n): return A()",
        "killed: it left with status 111",
        "killed",
    ),
    "forged verdict": Attack(
        "import os\ndef f(n):\n    os.write(3, b'[\"passed\",null]\\n')\n    return 6",
        "killed: bad reply",
        "killed",
    ),
    "forged events": Attack(
        'import os\ndef f(n):\n    os.write(3, b\'["call",{"value":"7","events":[{"kind":"x"}]}]\\n\')\n    return 6',
        "killed: bad reply",
        "killed",
    ),
    "more results than calls": Attack(
        'import os\ndef f(n):\n    for _ in range(9): os.write(3, b\'["call",{"value":"7"}]\\n\')\n    return 6',
        "killed: bad reply",
        "killed",
    ),
    "something after the end": Attack(
        'import os\ndef f(n):\n    os.write(3, b\'["call",{"value":"7"}]\\n["done",null]\\n\')\n    return 6',
        "killed: bad reply",
        "killed",
    ),
    "records that are too deep": Attack(
        "import os\ndef f(n):\n    os.write(3, b'[' * 60000 + b'\\n')\n    return 6",
        "killed: bad reply",
        "killed",
    ),
    "flooded result file": Attack(
        "import os\ndef f(n):\n    while True: os.write(3, b'x' * 65536)", "ok|killed", "ok|killed"
    ),
    "closed result file": Attack("import os\ndef f(n):\n    os.close(3)\n    return 6", "killed", "killed"),
    "write to every descriptor": Attack(
        TRY
        + "import os\ndef f(n): return attempts([(d, lambda d=d: os.write(d, b'')) for d in range(4, 1024)])",
        "ok",
        "ok",
        "[]",
    ),
    "leave a mark on the shared file": Attack(
        TRY + "import fcntl, os, struct\nlock = struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0)\n"
        "marks = [(37, lock), (1024, 0), (8, os.getpid()), (10, 34), (1036, bytes(8)), (1033, 15), (1031, 1 << 20)]\n"
        "def f(n): return attempts([(what, lambda what=what, value=value: fcntl.fcntl(1, what, value))"
        " for what, value in marks])",
        "forbidden: fcntl.fcntl: 1",
        "ok",
        "[]",
    ),
    "hunt for the expected value": Attack(
        "import gc\ndef f(n): return [str(o)[:50] for o in gc.get_objects() if isinstance(o, (str, list, dict)) "
        "and 'the-callers-' + 'secret' in str(o)]",
        "forbidden: gc.get_objects",
        "ok|timeout",
    ),
    "patch the frames above": Attack(
        "import sys\ndef f(n):\n    frame = sys._getframe()\n    while frame:\n"
        "        frame.f_globals.update(same=lambda *a: True, EXPECTED=6); frame = frame.f_back\n    return 6",
        "ok",
        "ok",
        "6",
    ),
    "trace function": Attack("import sys\ndef f(n): sys.settrace(print)", "forbidden: sys.settrace", "ok"),
    "another audit hook": Attack(
        "import sys\ndef f(n): sys.addaudithook(lambda *a: None)", "forbidden: sys.addaudithook", "ok", "None"
    ),
    "set the clock": Attack(
        "import time\ndef f(n): time.clock_settime(0, 0)", "ok", "ok", "!PermissionError"
    ),
    "spoil the next program": Attack(
        "import builtins, os, sys\nbuiltins.range = None\nsys.modules['math'] = None\nos.umask(0o777)\n"
        "def f(n): return 6",
        "ok",
        "ok",
        "6",
    ),
}
if platform.machine() == "x86_64":
    MACHINE = """
import ctypes, mmap
def machine(code):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(code)
    return ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    ATTACKS |= {
        "32-bit system calls": Attack(
            MACHINE + "def f(n): return machine(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')",
            "forbidden: mmap",
            "killed: SIGSYS",
        ),
        "x32 system calls": Attack(
            MACHINE + "def f(n): return machine(b'\\xb8\\x27\\x00\\x00\\x40\\x0f\\x05\\xc3')",
            "forbidden: mmap",
            "killed: SIGSYS",
        ),
    }
