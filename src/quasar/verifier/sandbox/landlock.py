"""Landlock: which files a process may open, by the kernel itself (Linux 5.13 and newer).

The numbers are those of `linux/landlock.h`; the system calls have the same numbers everywhere.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION = 1  # flag of landlock_create_ruleset
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights to files each version knows; the first is execution, the rest are above."""
_TCP = 0b11  # bind, connect; from version 4
_SCOPES = 0b11  # abstract sockets, signals to processes outside; from version 6

READ = _READ_FILE | _READ_DIR
OWN = READ | _WRITE_FILE | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13 | 1 << 14
"""Reading, writing, making, renaming and removing files and folders."""
_OF_FILES = _READ_FILE | _WRITE_FILE  # rights that a rule for a single file may hold


def version() -> int:
    """The kernel's version of Landlock; 0 where it has none or it is switched off."""
    try:
        found = _syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except (OSError, AttributeError):
        return 0
    return int(found)


def restrict(allowed: Mapping[Path, int]) -> None:
    """Let this process and its children open nothing but files beneath these paths.

    It cannot be undone. Files that are open stay open. Where the kernel's version can, TCP and
    signals to other processes are refused too. `PR_SET_NO_NEW_PRIVS` must be set.

    Args:
        allowed: rights by path, such as `READ`; paths that do not exist are left out.

    Raises:
        OSError: the kernel refuses.
    """
    abi = version()
    rights = (1 << max(n for v, n in _RIGHTS_BY_ABI.items() if v <= max(abi, 1))) - 1
    fields = [rights, *([_TCP] if abi >= 4 else []), *([_SCOPES] if abi >= 6 else [])]
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path, granted in allowed.items():
            _allow(ruleset, path, granted & rights)
        _syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, granted: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            granted &= _OF_FILES
        rule = struct.pack("=Qi", granted, descriptor)
        _syscall(_ADD_RULE, ctypes.c_int(ruleset), _PATH_BENEATH, rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(*arguments: object) -> int:
    found = int(_libc().syscall(*arguments))
    if found < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return found
