"""What zygote and pool say to each other over their socket, big-endian. Standard library only: read inside too.

A request is a REQUEST (length) and so many bytes of `marshal`, which only the child reads:
(code, entry point, [(args, kwargs)], stdin, trace). A reply is a REPLY and so many bytes of result records
(one JSON array a line, untrusted), stdout and stderr.
"""

import struct

REQUEST = struct.Struct(">I")
REPLY = struct.Struct(">iBd?3I")
"""Exit status or minus the signal's number, index in ENDINGS, processor seconds, whether nothing was left behind,
and the lengths of results, stdout and stderr."""
ENDINGS = ("", "cpu", "wall")
"""Why the zygote ended the program, or that it did not."""
