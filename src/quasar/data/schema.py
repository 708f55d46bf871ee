"""The columns of a data set: names, types, meaning.

The first block is the public schema of `Benyucong/graph-data-quantum-rl` with its types, JSON in
strings included, so that what reads the public data reads these; the second block is our own. Every
record is a problem file as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "whole", "number", "flag"]


class Field(NamedTuple):
    """One column.

    Attributes:
        kind: `text`, `whole` (64-bit integer), `number` (64-bit float) or `flag` (true or false).
        nullable: whether null is allowed.
        choices: the values allowed, where these are few.
        optional: whether records of earlier versions lack it.
    """

    name: str
    kind: Kind
    nullable: bool
    meaning: str
    choices: tuple[str, ...] = ()
    optional: bool = False


PUBLIC = (
    Field("signature", "text", False, "hash of problem, algorithm, depth and encoding"),
    Field("problem_type", "text", False, "see `quasar problems`"),
    Field(
        "optimization_type",
        "text",
        False,
        "`qaoa`, `vqe` or `adaptive_vqe`",
        ("qaoa", "vqe", "adaptive_vqe"),
    ),
    Field("graph", "text", False, "node-link JSON or hypergraph; `null` for types without one"),
    Field("problem_specific_attributes", "text", True, "JSON, null where there are none"),
    Field("number_of_qubits", "whole", False, "n"),
    Field("number_of_layers", "whole", False, "p; for adaptive circuits a number without meaning"),
    Field("cost_hamiltonian", "text", False, "energy to minimise, Z(i) on qubit i"),
    Field("circuit_with_params", "text", False, "the circuit, OpenQASM 3"),
    Field(
        "solution",
        "text",
        False,
        "JSON: the two most probable states and their bit strings, ascending by probability; a "
        "state is its bit string flipped and read as a number, so qubit 0 is the most significant "
        "bit here, unlike everywhere else; `params`, `expectation_value`, "
        "`total_optimization_steps`",
    ),
    Field(
        "exact_solution",
        "text",
        False,
        "JSON: lowest energy, how many states have it, up to 64 of their bit strings, next energy",
    ),
)
"""The public fields."""

EXTRA = (
    Field("index", "whole", False, "number of the record, from 0; unique over all splits"),
    Field("split", "text", False, "the split it is in"),
    Field(
        "recipe",
        "text",
        False,
        "`agent-q`, `converged` or `imported`",
        ("agent-q", "converged", "imported"),
    ),
    Field(
        "encoding",
        "text",
        False,
        "`exact` or `agent-q`; `given` where neither was recognised",
        ("exact", "agent-q", "given"),
    ),
    Field(
        "variable_order",
        "text",
        False,
        "how variables were sorted: `natural`, `lexicographic`",
        ("natural", "lexicographic"),
    ),
    Field("problem", "text", False, "the whole problem file, JSON"),
    Field("instance_id", "text", False, "equal for instances that are one up to renaming"),
    Field("ansatz", "text", True, "family and depth of the circuit"),
    Field("template", "whole", True, "circuit 1-19 of Sim et al., for VQE"),
    Field("energy", "number", False, "expected energy of the circuit as written"),
    Field("e_min", "number", False, "lowest energy"),
    Field("e_max", "number", False, "highest energy"),
    Field("approximation_ratio", "number", False, "(e_max - energy) / (e_max - e_min)"),
    Field("p_optimal", "number", False, "probability of measuring a ground state"),
    Field("top_is_optimal", "flag", False, "whether the most probable state is a ground state"),
    Field(
        "basis_state",
        "flag",
        False,
        "one bit string has probability >= 1 - 1e-6; in records without `product_state`: no "
        "entangling gate and one state above 0.99",
    ),
    Field(
        "product_state",
        "flag",
        False,
        "no qubit of the final state is entangled: a classical answer in disguise",
        optional=True,
    ),
    Field("gates", "whole", False, "gates"),
    Field("two_qubit_gates", "whole", False, "gates on two qubits"),
    Field("depth", "whole", False, "longest path, every gate counting 1"),
    Field("attempt", "whole", False, "attempts dropped before this one"),
    Field("quasar_version", "text", False, "version that wrote the record"),
)
"""Our own."""

FIELDS = PUBLIC + EXTRA
NAMES = tuple(field.name for field in FIELDS)

_PYTHON: Mapping[Kind, tuple[type, ...]] = {
    "text": (str,),
    "whole": (int,),
    "number": (float, int),
    "flag": (bool,),
}


def arrow_schema(metadata: Mapping[str, str] | None = None) -> pa.Schema:
    """The same for parquet files.

    Args:
        metadata: kept in the file's footer.
    """
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
    }
    return pa.schema(
        [pa.field(f.name, types[f.kind], nullable=f.nullable or f.optional) for f in FIELDS],
        metadata=dict(metadata) if metadata else None,
    )


def faults(record: Mapping[str, Any]) -> list[str]:
    """What is missing, superfluous or of the wrong type in a record."""
    found = [f"no field {f.name!r}" for f in FIELDS if f.name not in record and not f.optional]
    found += [f"unknown field {name!r}" for name in record if name not in NAMES]
    for field in FIELDS:
        value = record.get(field.name)
        if value is None and (field.nullable or field.optional or field.name not in record):
            continue
        right = isinstance(value, _PYTHON[field.kind])
        if not right or (isinstance(value, bool) and field.kind != "flag"):
            found.append(f"{field.name} must be {field.kind}, not {value!r:.40}")
        elif field.choices and value not in field.choices:
            found.append(f"{field.name} must be one of {', '.join(field.choices)}, not {value!r}")
    return found
