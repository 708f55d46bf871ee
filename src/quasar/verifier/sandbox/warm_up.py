"""What a fork server does once, so that no worker has to."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from quasar.core.errors import InputError

PROGRAM = """OPENQASM 3.0;
include "stdgates.inc";
gate g(a) x, y { rz(a/2 + 1.0) x; cx x, y; U(0, -pi, 2*a) y; }
bit[2] c; qubit[2] q; let r = q[0:1];
g(pi) q[0], q[1]; ctrl @ h q[0], q[1]; barrier q;
for int i in [0:2] { x q[0]; }
c[0] = measure q[0];
if (c[0] == true) { x q[1]; } else { h q[1]; }
while (c == 1) { c = measure q; }
reset q[0]; measure q -> c;
"""
"""From it the importer's parser learns the grammar once for all workers."""


_ENTANGLED = """OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
h q; cx q[0], q[3]; rz(0.3) q[3]; cx q[1], q[2];
"""


def warm_up(large: bool = False) -> None:
    """Import what verifying needs, and run `PROGRAM`; again, it costs nothing.

    Args:
        large: also for circuits beyond 24 qubits.
    """
    _warm_up()
    if large:
        warm_up_large()


@cache
def _warm_up() -> None:
    import nlopt  # noqa: F401

    from quasar.circuits.qasm import parse
    from quasar.simulate.engine import get_engine

    get_engine().run(parse(PROGRAM))


@cache
def warm_up_large() -> None:
    """Load and run the library of matrix product states, where it is installed.

    Its functions are compiled when first used and saved beside it, which confined workers cannot
    do: each would compile them again, for half a minute.
    """
    from quasar.circuits.qasm import parse
    from quasar.simulate.engine import get_engine

    with suppress(InputError):
        get_engine("mps").run(parse(_ENTANGLED), shots=1)
