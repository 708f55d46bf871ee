"""Files of one JSON object a line: read, plain or gzip, and append.

What a killed writer leaves at the end is cut off by `files.drop_torn_line`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from quasar.core.errors import InputError
from quasar.core.files import disk_errors
from quasar.core.json_text import RepeatedKeyError, loads, terms_may_repeat


def read_jsonl(path: Path, *, what: str = "file") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (1-based line number, object) of every non-empty line.

    Args:
        what: what to call the file in messages.

    Raises:
        InputError: missing, unreadable, or a line that is not a JSON object; names the line.
    """
    number = 0
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, _object(line, path, number)
    except FileNotFoundError:
        raise InputError(f"no {what} at {path}: check the path.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path} is a damaged gzip file after line {number}: {error}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text after line {number}.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        value = loads(line, may_repeat=terms_may_repeat)
    except RepeatedKeyError as error:
        raise InputError(error.sentence(f"{path}, line {number}")) from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {number} is not JSON: {error.msg}.") from None
    except (RecursionError, ValueError):
        raise InputError(
            f"{path}, line {number} is nested too deeply or holds a number too long."
        ) from None
    if not isinstance(value, dict):
        raise InputError(f"{path}, line {number} must be a JSON object.")
    return value


def append_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append a line of JSON for each row.

    Raises:
        InfrastructureError: the disk is full.
        InputError: no permission to write there.
    """
    with disk_errors(path), path.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
