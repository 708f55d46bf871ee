"""LP and MPS files by HiGHS' reader: linear or quadratic objectives, linear constraints.

Grammar: the LP format of CPLEX and Gurobi, and the MPS format (fixed or free, with RANGES and
QUADOBJ), as HiGHS reads them: constraints are linear. Numbers are read to 64 bits. Names such as
`x[1,2]`, which Gurobi writes and HiGHS refuses in LP files, are kept. What a program becomes is
said in `programs.py`; `program_text.py` writes both.
"""

from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path
from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import Content, is_number, name_of
from quasar.problems.formats.programs import ProgramParts

_OBJECTIVES = "minimize minimise minimum min maximize maximise maximum max".split()
_INDEXED = re.compile(r"[A-Za-z_.][\w.]*\[[^\[\]\s^*]*\]")
_HARMLESS = re.compile(r"appears more than once|coefficients are summed", re.IGNORECASE)
_NO_NUMBER = ("FR", "MI", "PL", "BV")  # types of bounds
_SECTIONS = "NAME OBJSENSE ROWS COLUMNS RHS RANGES BOUNDS QUADOBJ QMATRIX ENDATA".split()
_WORDS = {  # in a line of each section; HiGHS may not come back from others
    "OBJSENSE": (1,),
    "ROWS": (2,),
    "COLUMNS": (3, 5),
    "RHS": (2, 3, 4, 5),
    "RANGES": (2, 3, 4, 5),
    "BOUNDS": (2, 3, 4),
    "QUADOBJ": (3,),
    "QMATRIX": (3,),
}
_UNNAMED = re.compile(r"HiGHS_R\d+")
_KINDS = {"kInteger": "INTEGER", "kContinuous": "CONTINUOUS"}


def sniff_lp(text: str) -> bool:
    """Whether an objective is announced first, and `End` stands on a line of its own."""
    if not re.search(r"^\s*end\s*$", text, re.IGNORECASE | re.MULTILINE):
        return False
    for line in text.splitlines():
        words = line.split("\\")[0].split()
        if words:
            return words[0].lower().rstrip(":") in _OBJECTIVES
    return False


def sniff_mps(text: str) -> bool:
    """Whether sections of an MPS file begin lines."""
    begins = {line.split()[0].upper() for line in text.splitlines() if line[:1].isalpha()}
    return {"ROWS", "COLUMNS"} <= begins


def read_lp(text: str) -> Content:
    """The program of an LP file."""
    names: dict[str, str] = {}
    own = "indexed_"
    while own in text:
        own += "_"

    def plain(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"{own}{len(names)}")

    found = _read(_INDEXED.sub(plain, text), ".lp")
    return _content(found, {short: name for name, short in names.items()})


def read_mps(text: str) -> Content:
    """The program of an MPS file."""
    _check_numbers(text)
    return _content(_read(text, ".mps"), {})


def _check_numbers(text: str) -> None:
    """Refuse what HiGHS would read as 0, or not come back from.

    Raises:
        ProblemError: a word that must be a number and is not, an unknown section, or names with
            spaces.
    """
    section = ""
    names: dict[str, set[str]] = {"ROWS": set(), "COLUMNS": set()}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or line[0] in "*$":
            continue
        if not line[0].isspace():
            section = words[0].upper()
            if section not in _SECTIONS:
                raise ProblemError(
                    f"line {number} begins with {words[0][:40]!r}, which is no section that is "
                    f"read: {', '.join(_SECTIONS)}."
                )
            continue
        if section in _WORDS and len(words) not in _WORDS[section]:
            raise ProblemError(
                f"line {number} of section {section} has {len(words)} words; names with spaces are "
                "not read."
            )
        _check_names(section, words, names, number)
        if section in ("COLUMNS", "RHS", "RANGES") and "'MARKER'" not in words:
            numbers = words[2 - (len(words) % 2 == 0) :: 2]
        elif section == "BOUNDS":
            numbers = [] if words[0].upper() in _NO_NUMBER else words[-1:]
        else:
            numbers = words[2:] if section in ("QUADOBJ", "QMATRIX") else []
        for word in numbers:
            if not is_number(word) and word.lower().lstrip("+-") not in ("inf", "infinity"):
                raise ProblemError(
                    f"line {number} has {word!r} where a number belongs; names with spaces "
                    "are not read."
                )


def _check_names(section: str, words: list[str], names: dict[str, set[str]], number: int) -> None:
    """Note the names that a line declares, and refuse others that it uses.

    Raises:
        ProblemError: there is one.
    """
    used: list[tuple[str, str]] = []
    if section == "ROWS":
        names["ROWS"].add(words[-1])
    elif section in ("COLUMNS", "RHS", "RANGES") and "'MARKER'" not in words:
        if section == "COLUMNS":
            names["COLUMNS"].add(words[0])
        used = [("ROWS", word) for word in words[len(words) % 2 :: 2]]
    elif section == "BOUNDS":
        ends = len(words) - (words[0].upper() not in _NO_NUMBER)
        used = [("COLUMNS", word) for word in words[max(ends - 1, 1) : ends]]
    elif section in ("QUADOBJ", "QMATRIX"):
        used = [("COLUMNS", word) for word in words[:2]]
    for where, word in used:
        if word not in names[where]:
            raise ProblemError(f"line {number} names {word!r}, which {where} lacks.")


def quiet_solver(highspy: Any) -> Any:
    """A solver that prints nothing; a plain one prints its banner when it is made."""

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def _read(text: str, suffix: str) -> Any:
    """HiGHS' model.

    Raises:
        ProblemError: HiGHS is missing, or cannot read the file; the message is what it says.
    """
    try:
        import highspy
    except ImportError:
        raise ProblemError(
            f"reading {suffix} files needs highspy: pip install highspy, or write the program as "
            "JSON (`quasar problems integer_program`)."
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder, f"model{suffix}"), Path(folder, "log")
        path.write_text(text, encoding="utf-8")
        solver = quiet_solver(highspy)
        solver.setOptionValue("log_to_console", False)
        solver.setOptionValue("output_flag", True)
        solver.setOptionValue("log_file", str(log))
        status = solver.readModel(str(path))
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        solver.setOptionValue("log_file", "")
    faults = [line for line in said.splitlines() if re.match(r"(ERROR|WARNING):", line)]
    faults = [line for line in faults if not _HARMLESS.search(line)]
    if status == highspy.HighsStatus.kError or faults:
        raise ProblemError(f"HiGHS cannot read it: {_sentence(said, str(path))}.")
    return solver.getModel()


def _sentence(said: str, path: str) -> str:
    """HiGHS' first complaint in one line, with the line of the file that it points at."""
    lines = said.replace(f"{path}:", "line ").splitlines()
    about = next((i for i, line in enumerate(lines) if re.match(r"(ERROR|WARNING):", line)), None)
    if about is None or "Parser error reading" in lines[about]:
        return "it is cut off, empty or of another format"
    first = lines[about].partition(":")[2].strip().rstrip(".")
    place = next((x for x in lines[about + 1 : about + 3] if "--> line" in x), "")
    number = re.search(r"line (\d+)", place)
    hint = next((x for x in lines[about : about + 8] if "= help:" in x), "").partition("help:")[2]
    shown = f"{first} (line {number[1]})" if number else first
    return f"{shown}; {hint.strip()}" if hint else shown


def _ends(lower: float, upper: float) -> tuple[float, float]:
    """Both bounds of a row; where HiGHS made one of the other and a range, without its rounding."""
    if math.isinf(lower) or math.isinf(upper) or lower == upper:
        return lower, upper
    digits = 14 - math.ceil(math.log10(max(abs(lower), abs(upper))))
    return round(lower, digits), round(upper, digits)


def _content(model: Any, names: dict[str, str]) -> Content:
    lp, q = model.lp_, model.hessian_
    n = lp.num_col_
    called = [names.get(name, name) for name in lp.col_names_] or [f"x{i}" for i in range(n)]
    own = [name_of(name) for name in called]
    found = ProgramParts(maximised=lp.sense_.name == "kMaximize")
    kinds = [kind.name for kind in lp.integrality_] or ["kContinuous"] * n
    for i, kind in enumerate(kinds):
        found.variable(
            own[i],
            _KINDS.get(kind, kind[1:]),
            float(lp.col_lower_[i]),
            float(lp.col_upper_[i]),
        )
    found.objective = [[[], float(lp.offset_)]]
    found.objective += [[[own[i]], float(c)] for i, c in enumerate(lp.col_cost_) if c]
    for j in range(q.dim_):  # one half of a symmetric Q, by columns; the objective has x'Qx / 2
        for k in range(q.start_[j], q.start_[j + 1]):
            i, c = int(q.index_[k]), float(q.value_[k])
            if c:
                found.objective.append([[own[i], own[j]], c / 2 if i == j else c])
    rows: list[list[Any]] = [[] for _ in range(lp.num_row_)]
    matrix = lp.a_matrix_
    for j in range(n):
        for k in range(matrix.start_[j], matrix.start_[j + 1]):
            rows[matrix.index_[k]].append(([own[j]], float(matrix.value_[k])))
    for i, terms in enumerate(rows):
        name = lp.row_names_[i] if i < len(lp.row_names_) else ""
        name = "" if _UNNAMED.fullmatch(name) else names.get(name, name)
        found.constraint(name, terms, *_ends(float(lp.row_lower_[i]), float(lp.row_upper_[i])))
    return found.content()
