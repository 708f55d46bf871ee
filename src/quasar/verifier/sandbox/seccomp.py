"""Seccomp: which system calls a process may make, by a filter that the kernel runs (Linux).

Threads may start, processes may not; no program is run, no socket opened, no other process touched.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import NamedTuple

_NO_NEW_PRIVS, _GET_SECCOMP, _SET_SECCOMP, _FILTER = 38, 21, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # bytes in struct seccomp_data
_CLONE_THREAD = 0x10000
_X32 = 0x40000000  # x86-64 takes calls of another numbering from here on

_EVERYWHERE = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
}


class _Machine(NamedTuple):
    audit: int
    clone: int
    clone3: int
    refused: dict[str, int]


_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        56,
        435,
        {
            "socket": 41,
            "connect": 42,
            "bind": 49,
            "listen": 50,
            "socketpair": 53,
            "fork": 57,
            "vfork": 58,
            "execve": 59,
            "kill": 62,
            "ptrace": 101,
            "chroot": 161,
            "mount": 165,
            "umount2": 166,
            "tkill": 200,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "unshare": 272,
            "perf_event_open": 298,
            "setns": 308,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "bpf": 321,
            "execveat": 322,
            "userfaultfd": 323,
        },
    ),
    "aarch64": _Machine(
        0xC00000B7,
        220,
        435,
        {
            "umount2": 39,
            "mount": 40,
            "chroot": 51,
            "unshare": 97,
            "ptrace": 117,
            "kill": 129,
            "tkill": 130,
            "socket": 198,
            "socketpair": 199,
            "bind": 200,
            "listen": 201,
            "connect": 203,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "execve": 221,
            "perf_event_open": 241,
            "setns": 268,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "bpf": 280,
            "execveat": 281,
            "userfaultfd": 282,
        },
    ),
}


def available() -> bool:
    """Whether this kernel and this kind of processor are known to take the filter."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        return False
    try:
        return int(ctypes.CDLL(None).prctl(_GET_SECCOMP, 0, 0, 0, 0)) >= 0
    except (OSError, AttributeError):
        return False


def no_new_privileges() -> None:
    """Nothing that this process runs may gain rights; the kernel asks for it before any filter.

    Raises:
        OSError: the kernel refuses.
    """
    _prctl(_NO_NEW_PRIVS, 1, 0)


def restrict() -> None:
    """Refuse this process and its children the calls listed above, with EPERM.

    It cannot be undone. `no_new_privileges` comes first.

    Raises:
        OSError: the kernel refuses.
    """
    instructions = _filter(_MACHINES[platform.machine()])
    program = ctypes.create_string_buffer(b"".join(instructions))
    # struct sock_fprog: a short, padding, a pointer
    call = struct.pack("@HP", len(instructions), ctypes.addressof(program))
    _prctl(_SET_SECCOMP, _FILTER, ctypes.c_char_p(call))


def _filter(machine: _Machine) -> list[bytes]:
    """The program, in the kernel's classic BPF: code, jump if true, jump if false, operand."""
    refuse = _instruction(_RETURN, _ERROR | errno.EPERM)
    allow = _instruction(_RETURN, _ALLOW)
    out = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, machine.audit, 1, 0),
        refuse,
        _instruction(_LOAD, _NUMBER),
        _instruction(_AT_LEAST, _X32, 0, 1),
        refuse,
    ]
    for number in sorted({*machine.refused.values(), *_EVERYWHERE.values()}):
        out += [_instruction(_EQUAL, number, 0, 1), refuse]
    # A filter cannot read what clone3 points to: without it, the C library takes clone.
    out += [
        _instruction(_EQUAL, machine.clone3, 0, 1),
        _instruction(_RETURN, _ERROR | errno.ENOSYS),
        _instruction(_EQUAL, machine.clone, 1, 0),
        allow,
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_ANY_BIT, _CLONE_THREAD, 0, 1),
        allow,
        refuse,
    ]
    return out


def _instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)


def _prctl(option: int, value: int, more: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, more, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
