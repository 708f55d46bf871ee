"""A problem of three nodes, and a circuit that gives its two best cuts and nothing else."""

from __future__ import annotations

PATH = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": "left"}, {"id": "mid"}, {"id": "right"}],
        "edges": [{"source": "left", "target": "mid"}, {"source": "mid", "target": "right"}],
    },
}
GHZ = (
    'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\n'
    "h q[0];\ncx q[0], q[1];\ncx q[1], q[2];\nx q[1];\nc = measure q;\n"
)
