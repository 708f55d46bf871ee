"""A program that takes the reference importer longer than any limit, however fast the machine."""

from __future__ import annotations

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
FOREVER = (
    HEAD
    + "gate g0 a { h a; }\n"
    + "".join(f"gate g{i} a {{ g{i - 1} a; g{i - 1} a; }}\n" for i in range(1, 16))
    + "qubit[3] q; g15 q[0]; g15 q[1];"
)
"""Too few levels to be refused from its text, and still some 20 s of copying definitions."""
