"""What zygote and pool say to each other over their socket, big-endian. Standard library only: read inside too.

A request is a REQUEST (length) and so many bytes of `marshal`, which only the child reads: (code, entry point,
[(args, kwargs, values)], stdin, trace), where args or values is None. A reply is a REPLY. Result records (one JSON
array a line, untrusted), stdout and stderr lie in files in memory that the pool made: it reads and empties them, so
that no byte of them passes through the zygote, which would have to copy each page that it writes after a fork.
"""

import struct

REQUEST = struct.Struct(">I")
REPLY = struct.Struct(">iBd?")
"""Exit status or minus the signal's number, index in ENDINGS, processor seconds, whether nothing was left behind."""
ENDINGS = ("", "cpu", "wall")
"""Why the zygote ended the program, or that it did not."""
FILES = ("stdout", "stderr", "result")
"""What a child writes to, on descriptors 1, 2 and 3."""
SETS = 2
"""Sets of FILES, used in turn: the pool reads one while the next program writes to the other."""
FIRST_FILE = 8
"""The zygote keeps its sets on descriptors from this one on, in order."""
