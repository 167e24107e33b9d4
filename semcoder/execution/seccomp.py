"""The system calls that a sandboxed process may make, as classic BPF built here (no libseccomp needed).

Runs inside the sandbox; standard library only. Two filters stack, and the stricter answer wins:
the zygote installs `BASE`, an allow-list, once; each child adds `CHILD`, which takes away what only the
zygote needs (fork, kill, wait, limits). So a fork costs only the short second filter.

Refused calls return EPERM, or ENOSYS where the call is newer than Linux 5.1 (so that libc falls back).
Numbers: Linux arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import ctypes
import errno
import platform
import struct

# In each table, name: (x86_64, aarch64); None where the machine has no such call. The most frequent come first.
_WRITING = {
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "truncate": (76, 45),
}
"""What changes files by name, opening them for it aside."""
_BOTH = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "futex": (202, 98),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "brk": (12, 214),
    "madvise": (28, 233),
    "lseek": (8, 62),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "stat": (4, None),
    "lstat": (6, None),
    "openat": (257, 56),
    "open": (2, None),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "exit_group": (231, 94),
    "exit": (60, 93),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "mincore": (27, 232),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "statx": (332, 291),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "fchdir": (81, 50),
    "ftruncate": (77, 46),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "umask": (95, 166),
    "fcntl": (72, 25),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "close_range": (436, 436),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "get_robust_list": (274, 100),
    "set_tid_address": (218, 96),
    "futex_waitv": (449, 449),
    "arch_prctl": (158, None),
    "sigaltstack": (131, 132),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
    "restart_syscall": (219, 128),
    "pause": (34, None),
    "alarm": (37, None),
    "getitimer": (36, 102),
    "setitimer": (38, 103),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getpgrp": (111, None),
    "getpgid": (121, 155),
    "getsid": (124, 156),
    "getgroups": (115, 158),
    "getrlimit": (97, 163),
    "ioctl": (16, 29),
    "clone": (56, 220),
    "prlimit64": (302, 261),
    **_WRITING,
}
_ZYGOTE_ONLY = {
    "fork": (57, None),
    "vfork": (58, None),
    "kill": (62, 129),
    "wait4": (61, 260),
    "setrlimit": (160, 164),
    "prctl": (157, 167),
    "seccomp": (317, 277),
    "memfd_create": (319, 279),
}
_OPENING = {"open": 1, "openat": 2}
"""Which argument holds the flags."""
_WRITE_FLAGS = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and the bit of O_TMPFILE, on both machines."""
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN = {"x86_64": 0, "aarch64": 1}
_NEW = 424
"""The first call number that both machines share (Linux 5.1); what is unknown above it answers ENOSYS."""
_REQUESTS = {
    "ioctl": ((0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451), errno.ENOTTY),
    "fcntl": ((0, 1, 2, 3, 4, 1030), errno.EINVAL),
}
"""The second arguments that are allowed, and what others get. TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX,
FIOCLEX; F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: what else fcntl sets (locks of open file
descriptions, leases, owners, signals, hints) would lie there for the next program that writes to the same file, or
hold up the caller's files where there is no namespace."""
_CLONE_THREAD = 0x00010000
_NO_NEW_PRIVILEGES, _SECCOMP, _MODE_FILTER = 38, 22, 2
"""Of linux/prctl.h and linux/seccomp.h."""

_LOAD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NR, _ARCH, _ARGS = 0, 4, 16

Instruction = tuple[int, int, int, int]


def supported() -> bool:
    """Whether this machine's system call numbers are known here."""
    return platform.machine() in _COLUMN


def _numbers(table: dict[str, tuple[int, int | None]]) -> dict[str, int]:
    column = _COLUMN[platform.machine()]
    return {name: number for name, row in table.items() if (number := row[column]) is not None}


def _prologue() -> list[Instruction]:
    """Kill on another architecture's calls (32-bit, x32), then load the call's number."""
    return [
        (_LOAD, 0, 0, _ARCH),
        (_JEQ, 1, 0, _AUDIT_ARCH[platform.machine()]),
        (_RET, 0, 0, _KILL),
        (_LOAD, 0, 0, _NR),
        (_JGE, 0, 1, 0x40000000),
        (_RET, 0, 0, _KILL),
    ]


def base_filter() -> bytes:
    """The allow-list: what the zygote and its children may call."""
    allowed = _numbers(_BOTH | _ZYGOTE_ONLY)
    program = _prologue()
    for name, (requests, error) in _REQUESTS.items():
        program += [(_JEQ, 0, 2 + 2 * len(requests), allowed.pop(name)), (_LOAD, 0, 0, _ARGS + 8)]
        for request in requests:
            program += [(_JEQ, 0, 1, request), (_RET, 0, 0, _ALLOW)]
        program.append((_RET, 0, 0, _ERRNO | error))
    for place, number in enumerate(allowed.values()):
        program.append((_JEQ, len(allowed) - place + 2, 0, number))
    program += [
        (_JGE, 0, 1, _NEW),
        (_RET, 0, 0, _ERRNO | errno.ENOSYS),
        (_RET, 0, 0, _ERRNO | errno.EPERM),
        (_RET, 0, 0, _ALLOW),
    ]
    return _assemble(program)


def child_filter() -> bytes:
    """What a child may not do although the zygote may: processes, signals to others, limits."""
    numbers = _numbers(_BOTH)
    program = _prologue()
    program += [
        (_JEQ, 0, 4, numbers["clone"]),  # threads only
        (_LOAD, 0, 0, _ARGS),
        (_JSET, 1, 0, _CLONE_THREAD),
        (_RET, 0, 0, _ERRNO | errno.EPERM),
        (_RET, 0, 0, _ALLOW),
        (_JEQ, 0, 6, numbers["prlimit64"]),  # reading only: no new limits (64-bit pointer, two halves)
        (_LOAD, 0, 0, _ARGS + 16),
        (_JEQ, 0, 3, 0),
        (_LOAD, 0, 0, _ARGS + 20),
        (_JEQ, 0, 1, 0),
        (_RET, 0, 0, _ALLOW),
        (_RET, 0, 0, _ERRNO | errno.EPERM),
    ]
    refused = _numbers(_ZYGOTE_ONLY)
    for place, number in enumerate(refused.values()):
        program.append((_JEQ, len(refused) - place, 0, number))
    program += [(_RET, 0, 0, _ALLOW), (_RET, 0, 0, _ERRNO | errno.EPERM)]
    return _assemble(program)


def reading_filter() -> bytes:
    """Where no namespace holds the files: nothing may be written, made, renamed or removed."""
    numbers = _numbers(_BOTH)
    program = _prologue()
    for name, place in _OPENING.items():
        if name in numbers:
            program += [
                (_JEQ, 0, 4, numbers[name]),
                (_LOAD, 0, 0, _ARGS + 8 * place),
                (_JSET, 0, 1, _WRITE_FLAGS),
                (_RET, 0, 0, _ERRNO | errno.EROFS),
                (_RET, 0, 0, _ALLOW),
            ]
    for number in _numbers(_WRITING).values():
        program += [(_JEQ, 0, 1, number), (_RET, 0, 0, _ERRNO | errno.EROFS)]
    program.append((_RET, 0, 0, _ALLOW))
    return _assemble(program)


def _assemble(program: list[Instruction]) -> bytes:
    return b"".join([struct.pack("<HBBI", *instruction) for instruction in program])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class Filter:
    """A filter ready to install; made once, before any fork."""

    def __init__(self, code: bytes) -> None:
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = _Program(len(code) // 8, ctypes.addressof(self._code))
        self._pointer = ctypes.c_void_p(ctypes.addressof(self._program))
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        self._zero, self._mode = ctypes.c_ulong(0), ctypes.c_ulong(_MODE_FILTER)

    def install(self) -> None:
        """From here on, and in all children; cannot be undone. Raises OSError where the kernel refuses."""
        if self._prctl(_NO_NEW_PRIVILEGES, ctypes.c_ulong(1), self._zero, self._zero, self._zero):
            raise OSError(ctypes.get_errno(), "no_new_privs")
        self.add()

    def add(self) -> None:
        """As `install`, in a process that had one installed before or inherited it."""
        if self._prctl(_SECCOMP, self._mode, self._pointer, self._zero, self._zero):
            raise OSError(ctypes.get_errno(), "seccomp")
