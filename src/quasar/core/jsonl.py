"""Files of one JSON object a line, plain or gzip: reading, and appending that survives a kill."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from quasar.core.errors import InputError
from quasar.core.json_text import RepeatedKeyError, loads, terms_may_repeat


def read_jsonl(path: Path, *, what: str = "file") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (1-based line number, object) of every non-empty line.

    Args:
        what: what to call the file in messages.

    Raises:
        InputError: missing, unreadable, or a line that is no JSON object; names the line.
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


def drop_torn_line(path: Path) -> bool:
    """Cut a last line without its line end, as a killed writer leaves it; True if one was cut."""
    if not path.exists():
        return False
    with path.open("rb+") as stream:
        content_end = stream.seek(0, 2)
        if content_end == 0:
            return False
        stream.seek(content_end - 1)
        if stream.read(1) == b"\n":
            return False
        position = content_end
        while position > 0:
            start = max(0, position - 65536)
            stream.seek(start)
            found = stream.read(position - start).rfind(b"\n")
            if found >= 0:
                stream.truncate(start + found + 1)
                return True
            position = start
        stream.truncate(0)
    return True
