"""The system call filters, executed by a small BPF machine for both architectures."""

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from semcoder.execution import seccomp

ALLOW, KILL = "allow", "kill"
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(platform, "machine", lambda: request.param)
    return str(request.param)


def decide(program: bytes, machine: str, number: int, *args: int, architecture: int = 0) -> str | int:
    """The filter's answer: allow, kill, or the errno."""
    padded = [*args, *[0] * (6 - len(args))]
    data = struct.pack("<IIQ6Q", number, architecture or ARCHITECTURE[machine], 0, *padded)
    code = list(struct.iter_unpack("<HBBI", program))
    value = place = 0
    while True:
        kind, yes, no, k = code[place]
        place += 1
        if kind == 0x20:
            (value,) = struct.unpack_from("<I", data, k)
        elif kind == 0x06:
            if k == 0x7FFF0000:
                return ALLOW
            return KILL if k == 0x80000000 else k & 0xFFFF
        else:
            test = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[kind]
            place += yes if test else no


def numbers(table: dict[str, tuple[int, int | None]], machine: str) -> dict[str, int]:
    column = 0 if machine == "x86_64" else 1
    return {name: number for name, row in table.items() if (number := row[column]) is not None}


def test_only_what_is_listed_is_allowed(machine: str) -> None:
    program = seccomp.base_filter()
    both, zygote = numbers(seccomp._BOTH, machine), numbers(seccomp._ZYGOTE_ONLY, machine)
    listed = set(both.values()) | set(zygote.values())
    for number in range(600):
        expected = ALLOW if number in listed else (errno.ENOSYS if number >= 424 else errno.EPERM)
        if number != both["ioctl"]:
            assert decide(program, machine, number) == expected, number


def test_a_child_may_do_less(machine: str) -> None:
    program = seccomp.child_filter()
    both, zygote = numbers(seccomp._BOTH, machine), numbers(seccomp._ZYGOTE_ONLY, machine)
    for number in zygote.values():
        assert decide(program, machine, number) == errno.EPERM
    for name, number in both.items():
        if name not in ("clone", "prlimit64"):
            assert decide(program, machine, number) == ALLOW
    thread, process = 0x003D0F00, 17
    assert decide(program, machine, both["clone"], thread) == ALLOW
    assert decide(program, machine, both["clone"], process) == errno.EPERM
    assert decide(program, machine, both["prlimit64"], 0, 0, 0) == ALLOW
    for pointer in (1, 1 << 32, 0x7FFF12345678):
        assert decide(program, machine, both["prlimit64"], 0, 0, pointer) == errno.EPERM


def test_no_terminal_tricks(machine: str) -> None:
    ioctl = numbers(seccomp._BOTH, machine)["ioctl"]
    assert decide(seccomp.base_filter(), machine, ioctl, 0, 0x5401) == ALLOW
    assert decide(seccomp.base_filter(), machine, ioctl, 0, 0x5412) == errno.ENOTTY  # TIOCSTI


@pytest.mark.parametrize("program", [seccomp.base_filter, seccomp.child_filter])
def test_other_architectures_are_killed(machine: str, program: object) -> None:
    code = program()  # type: ignore[operator]
    assert decide(code, machine, 0, architecture=0x40000003) == KILL
    assert decide(code, machine, 0x40000000) == KILL
    assert len(code) // 8 < 4096
    assert len(code) // 8 - 6 < 256 + 20  # jumps are one byte


def test_the_numbers_are_the_kernels(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"no {header} here")
    known = {
        name: int(number)
        for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    }
    for name, number in numbers(seccomp._BOTH | seccomp._ZYGOTE_ONLY, machine).items():
        spelled = {"newfstatat": "fstatat"}.get(name, name) if machine == "aarch64" else name
        assert known[spelled] == number, name
