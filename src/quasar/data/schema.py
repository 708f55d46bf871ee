"""The columns of a data set: names, types, meaning.

The first block is the public schema of `Benyucong/graph-data-quantum-rl` with its types, JSON in
strings included, so that what reads the public data reads these; the second block is our own. Every
record is also a problem file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from quasar.core.hamiltonian import MAX_EXACT_QUBITS

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["string", "integer", "number", "boolean"]


class Field(NamedTuple):
    """One column.

    Attributes:
        kind: `number` is a 64-bit float, `integer` has 64 bits.
        choices: the values allowed, where these are few.
        nullable: whether null is allowed.
        optional: whether records of earlier versions lack it.
        exact: null beyond 24 qubits, where it is not known or not defined.
    """

    name: str
    kind: Kind
    meaning: str
    choices: tuple[str, ...] = ()
    nullable: bool = False
    optional: bool = False
    exact: bool = False

    def may_be_null(self, record: Mapping[str, Any]) -> bool:
        """Whether a record may have no value for it."""
        large = self.exact and is_large(record)
        return self.nullable or self.optional or large or self.name not in record


def is_large(record: Mapping[str, Any]) -> bool:
    """Whether a record is beyond exact enumeration."""
    n = record.get("number_of_qubits")
    return isinstance(n, int) and n > MAX_EXACT_QUBITS


def _either(name: str, *choices: str) -> Field:
    *others, last = (f"`{choice}`" for choice in choices)
    return Field(name, "string", f"{', '.join(others)} or {last}", choices)


PUBLIC = (
    Field("signature", "string", "hash of problem, algorithm, depth and encoding"),
    Field("problem_type", "string", "see `quasar problems`"),
    _either("optimization_type", "qaoa", "vqe", "adaptive_vqe"),
    Field("graph", "string", "node-link JSON or hypergraph; `null` for types without one"),
    Field(
        "problem_specific_attributes", "string", "JSON, null where there are none", nullable=True
    ),
    Field("number_of_qubits", "integer", "n"),
    Field("number_of_layers", "integer", "p; for adaptive circuits a number without meaning"),
    Field("cost_hamiltonian", "string", "energy to minimise, Z(i) on qubit i"),
    Field("circuit_with_params", "string", "the circuit, OpenQASM 3"),
    Field(
        "solution",
        "string",
        "JSON: the two most probable states and their bit strings, ascending by probability; a "
        "state is its bit string flipped and read as a number, so qubit 0 is the most significant "
        "bit here, unlike everywhere else; `params`, `expectation_value`, "
        "`total_optimization_steps`",
    ),
    Field(
        "exact_solution",
        "string",
        "JSON: lowest energy, how many states have it, up to 64 of their bit strings, next energy",
    ),
)
"""The public fields."""

EXTRA = (
    Field("index", "integer", "number of the record, from 0; unique over all splits"),
    Field("split", "string", "the split it is in"),
    _either("recipe", "agent-q", "converged", "imported"),
    Field(
        "encoding",
        "string",
        "`exact` or `agent-q`; `given` where neither was recognised",
        ("exact", "agent-q", "given"),
    ),
    Field(
        "variable_order",
        "string",
        "how variables were sorted: `natural`, `lexicographic`",
        ("natural", "lexicographic"),
    ),
    Field("problem", "string", "the whole problem file, JSON"),
    Field("instance_id", "string", "equal for instances that are one up to renaming"),
    Field("ansatz", "string", "family and depth of the circuit", nullable=True),
    Field("template", "integer", "circuit 1-19 of Sim et al., for VQE", nullable=True),
    Field("energy", "number", "expected energy of the circuit as written"),
    Field("e_min", "number", "lowest energy", exact=True),
    Field("e_max", "number", "highest energy", exact=True),
    Field("approximation_ratio", "number", "(e_max - energy) / (e_max - e_min)", exact=True),
    Field("p_optimal", "number", "probability of measuring a ground state", exact=True),
    Field(
        "top_is_optimal",
        "boolean",
        "whether the most probable state is a ground state",
        exact=True,
    ),
    Field(
        "basis_state",
        "boolean",
        "one bit string has probability >= 1 - 1e-6; in records without `product_state`: no "
        "entangling gate and one state above 0.99",
        exact=True,
    ),
    Field("product_state", "boolean", "no qubit of the final state is entangled", optional=True),
    Field("gates", "integer", "gates"),
    Field("two_qubit_gates", "integer", "gates on two qubits"),
    Field("depth", "integer", "longest path, every gate counting 1"),
    Field("attempt", "integer", "attempts dropped before this one"),
    Field("quasar_version", "string", "version that wrote the record"),
)
"""Our own."""

BEYOND = (
    Field("ratio_low", "number", "the ratio is at least this, by proven bounds", nullable=True),
    Field("ratio_high", "number", "it is at most this", nullable=True),
    Field(
        "known",
        "string",
        "JSON: `optimum` with `status` (`proven`, `bounded`, `best_known`), `value`, `bound`, "
        "`solution`; between which numbers the `lowest` and the `highest` energy are",
    ),
)
"""Only of records beyond 24 qubits, which are in data sets of their own."""

FIELDS = PUBLIC + EXTRA
NAMES = tuple(field.name for field in FIELDS)


def fields_of(record: Mapping[str, Any]) -> tuple[Field, ...]:
    """The columns that a record has."""
    return FIELDS + BEYOND if is_large(record) else FIELDS


_PYTHON: Mapping[Kind, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (float, int),
    "boolean": (bool,),
}


def arrow_schema(metadata: Mapping[str, str] | None = None, *, large: bool = False) -> pa.Schema:
    """The same for parquet files.

    Args:
        metadata: kept in the file's footer.
        large: of records beyond 24 qubits.
    """
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
    }
    return pa.schema(
        [
            pa.field(f.name, types[f.kind], nullable=_is_nullable(f, large))
            for f in (FIELDS + BEYOND if large else FIELDS)
        ],
        metadata=dict(metadata) if metadata else None,
    )


def _is_nullable(field: Field, large: bool) -> bool:
    return field.nullable or field.optional or (large and field.exact)


def faults(record: Mapping[str, Any]) -> list[str]:
    """What is missing, superfluous or of the wrong type in a record."""
    fields = fields_of(record)
    names = {field.name for field in fields}
    found = [f"no field {f.name!r}" for f in fields if f.name not in record and not f.optional]
    found += [f"unknown field {name!r}" for name in record if name not in names]
    for field in fields:
        value = record.get(field.name)
        if value is None and field.may_be_null(record):
            continue
        right = isinstance(value, _PYTHON[field.kind])
        if not right or (isinstance(value, bool) and field.kind != "boolean"):
            found.append(f"{field.name} must be {field.kind}, not {value!r:.40}")
        elif field.choices and value not in field.choices:
            found.append(f"{field.name} must be one of {', '.join(field.choices)}, not {value!r}")
    return found
