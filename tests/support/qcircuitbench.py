"""A small folder in the layout of QCircuitBench, written here; and the real one, where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
ORACLE = HEAD + 'include "oracle.inc";\n'
_COMPUTING = "Algorithm_Design/Quantum_Computing"
_INFORMATION = "Algorithm_Design/Quantum_Information"
_MADE = "Oracle_Construction/Quantum_Logic_Synthesis"
SIMON = f"{_COMPUTING}/simon/test_oracle/n2/trial1"
HIDDEN = f"{_COMPUTING}/bernstein_vazirani/test_oracle/n2/trial1"
PHASE = f"{_COMPUTING}/phase_estimation/test_oracle/n2/trial1"
FOURIER = f"{_COMPUTING}/quantum_fourier_transformation/test_oracle/n2/trial1"
SWAP = f"{_INFORMATION}/swap_test/test_oracle/n1/trial1"
BITS = f"{_INFORMATION}/random_number_generator/qrng_n2.qasm"
RANDOM = "Random_Circuits/clifford/clifford_n2/l2/clifford_n2_l2_0.qasm"
TRIANGLE = "Oracle_Construction/Problem_Encoding/grover_triangle/triangle_n3/trial0.qasm"
TASKS = {
    HIDDEN: f"{ORACLE}bit[2] c;\nqubit[3] q;\nx q[2];\nh q;\nOracle q[0], q[1], q[2];\n"
    "h q[0];\nh q[1];\nc[0] = measure q[0];\nc[1] = measure q[1];\n",
    f"{_COMPUTING}/deutsch_jozsa/test_oracle/n2/trial1": f"{ORACLE}bit[2] c;\nqubit[3] q;\n"
    "x q[2];\nh q;\nOracle q[0], q[1], q[2];\nh q[0];\nh q[1];\n"
    "c[0] = measure q[0];\nc[1] = measure q[1];\n",
    SIMON: f"{ORACLE}bit[2] c;\nqubit[4] q;\nh q[0];\nh q[1];\n"
    "Oracle q[0], q[1], q[2], q[3];\nh q[0];\nh q[1];\n"
    "c[0] = measure q[0];\nc[1] = measure q[1];\n",
    f"{_COMPUTING}/generalized_simon_multi/test_oracle/n2/trial1": f"{ORACLE}bit[3] c;\n"
    "qubit[5] q;\nh q[0];\nh q[1];\nh q[4];\nOracle q[0], q[1], q[2], q[3], q[4];\n"
    "h q[0];\nh q[1];\nc[2] = measure q[4];\nc[0] = measure q[0];\nc[1] = measure q[1];\n",
    f"{_COMPUTING}/grover/test_oracle/n2/trial1": f"{ORACLE}bit[2] c;\nqubit[2] q;\nh q;\n"
    "Oracle q[0], q[1];\nh q;\nx q;\nflip q[0], q[1];\nx q;\nh q;\nc = measure q;\n",
    PHASE: f"{ORACLE}gate CU_1 a, b {{ pow(2) @ CU_0 a, b; }}\nbit[2] c;\nqubit[3] q;\n"
    "Psi q[2];\nh q[0];\nh q[1];\nCU_0 q[0], q[2];\nCU_1 q[1], q[2];\nswap q[0], q[1];\n"
    "h q[0];\ncp(-pi/2) q[0], q[1];\nh q[1];\nc[0] = measure q[0];\nc[1] = measure q[1];\n",
    FOURIER: f"{ORACLE}qubit[2] q;\nPsi q[0], q[1];\nh q[1];\ncp(pi/2) q[0], q[1];\nh q[0];\n"
    "swap q[0], q[1];\n",
    SWAP: f"{ORACLE}bit[1] c;\nqubit[3] q;\nPsi q[0];\nPhi q[1];\nh q[2];\n"
    "cswap q[2], q[0], q[1];\nh q[2];\nc[0] = measure q[2];\n",
    f"{_INFORMATION}/ghz_state/ghz_state_n2.qasm": f"{HEAD}qubit[2] q;\nh q[0];\ncx q[0], q[1];\n",
    BITS: f"{HEAD}bit[2] c;\nqubit[2] q;\nh q;\nc = measure q;\n",
    "Algorithm_Design/Variational_Circuits/data_encoding/full_circuit/angle_3q.qasm": (
        'OPENQASM 3;\ninclude "stdgates.inc";\nqubit[3] q;\nry(pi/2) q[1];\nry(pi) q[2];\n'
    ),
    f"{_MADE}/bernstein_vazirani/bernstein_vazirani_n2/bv_n2_10.qasm": (
        f"{HEAD}gate Oracle a, b, c {{ cx b, c; }}\nqubit[3] q;\nOracle q[0], q[1], q[2];\n"
    ),
    f"{_MADE}/deutsch_jozsa/deutsch_jozsa_n2/dj_n2_balanced_10.qasm": (
        f"{HEAD}qubit[3] q;\ncx q[0], q[2];\ncx q[1], q[2];\nx q[2];\n"
    ),
    f"{_MADE}/simon/simon_n2/s10/simon_n2_s10_k01.qasm": (
        f"{HEAD}qubit[4] q;\ncx q[0], q[2];\nx q[2];\n"
    ),
    f"{_MADE}/grover/grover_n2/grover_n2_m01.qasm": (
        f'{HEAD}include "customgates.inc";\nqubit[2] q;\nx q[1];\nc1z q[0], q[1];\nx q[1];\n'
    ),
    f"{_MADE}/diffusion_operator/diffusion_operator_n2/diffusion_n2.qasm": (
        f"{HEAD}qubit[2] q;\nh q;\nx q;\ncz q[0], q[1];\nx q;\nh q;\n"
    ),
    "Oracle_Construction/Problem_Encoding/grover_sudoku/sudoku.qasm": (
        f'{HEAD}include "customgates.inc"\nqubit[9] q;\n'
        "cx q[0], q[5];\ncx q[1], q[5];\ncx q[2], q[6];\ncx q[3], q[6];\n"
        "cx q[0], q[7];\ncx q[2], q[7];\ncx q[1], q[8];\ncx q[3], q[8];\n"
        "ctrl(4) @ x q[5], q[6], q[7], q[8], q[4];\n"
        "cx q[0], q[5];\ncx q[1], q[5];\ncx q[2], q[6];\ncx q[3], q[6];\n"
        "cx q[0], q[7];\ncx q[2], q[7];\ncx q[1], q[8];\ncx q[3], q[8];\n"
    ),
    TRIANGLE: f"{HEAD}qubit[4] q;\nctrl(3) @ x q[0], q[1], q[2], q[3];\n",
    RANDOM: f"{HEAD}qubit[2] q;\nh q[0];\ncx q[0], q[1];\n",
}
"""The reference of every task of the small folder, by the task's path."""
REFUSED = (
    f"{_INFORMATION}/superdense_coding/superdense_coding_mes00.qasm",
    "Algorithm_Design/Variational_Circuits/qae/qae_state00001.qasm",
    f"{_COMPUTING}/shor/test_oracle/15/4",
)
_FILES = {
    f"{HIDDEN}/oracle.inc": "gate Oracle _q_0, _q_1, _q_2 {\n  cx _q_1, _q_2;\n}\n",
    f"{HIDDEN}/oracle_info.txt": "Secret string: 10",
    f"{_COMPUTING}/deutsch_jozsa/test_oracle/n2/trial1/oracle.inc": (
        "gate Oracle a, b, c { x a; cx a, c; cx b, c; x a; }"
    ),
    f"{_COMPUTING}/deutsch_jozsa/test_oracle/n2/trial1/oracle_info.txt": (
        "Balanced: balanced\nSecret string: 01\n"
    ),
    f"{SIMON}/oracle.inc": "gate Oracle a, b, c, d { cx a, c; x d; }",
    f"{SIMON}/oracle_info.txt": "Secret string: 10\nKey string: 10\n",
    f"{_COMPUTING}/generalized_simon_multi/test_oracle/n2/trial1/oracle.inc": (
        "gate part a, b, c { ccx a, b, c; }\n"
        "gate Oracle a, b, c, d, e { part e, a, c; x e; part e, b, d; }"
    ),
    f"{_COMPUTING}/generalized_simon_multi/test_oracle/n2/trial1/oracle_info.txt": (
        "Secret string 1: 10\nSecret string 2: 01\nKey string: 00\n"
    ),
    f"{_COMPUTING}/grover/test_oracle/n2/trial1/oracle.inc": (
        "gate flip a, b { cz a, b; }\ngate Oracle a, b { x b; flip a, b; x b; }"
    ),
    f"{_COMPUTING}/grover/test_oracle/n2/trial1/oracle_info.txt": "Marked item: 01",
    f"{PHASE}/oracle.inc": "gate Psi a { x a; }\ngate CU_0 a, b { cp(pi/2) a, b; }",
    f"{PHASE}/oracle_info.txt": "theta: 0.25",
    f"{FOURIER}/oracle.inc": "gate Psi a, b { x b; }",
    f"{FOURIER}/oracle_info.txt": "Input x: 10",
    f"{SWAP}/oracle.inc": "gate Psi a { h a; }\ngate Phi a { id a; }",
    f"{SWAP}/state_info.txt": "psi: Statevector([1.+0.j],\n  dims=(2,))\noverlap: 0.5\n",
    f"{_MADE}/grover/grover_n2/customgates.inc": "gate c1z a, b { cz a, b; }",
    "Oracle_Construction/Problem_Encoding/grover_sudoku/customgates.inc": (
        "gate mcx a, b { cx a, b; }"
    ),
    "Oracle_Construction/Problem_Encoding/grover_triangle/triangle_n3/info_trial0.txt": (
        "Edge list: [[0, 1], [1, 2], [0, 2]]"
    ),
    RANDOM.replace(".qasm", ".txt"): " (0.7071+0.0000j)\n (0.0000+0.0000j)\n",
    f"{REFUSED[2]}/oracle.inc": "gate Oracle a { x a; }",
}
_WORDS = (
    "Words of the set for $n = $\\{qubit number\\}: 1. the circuit with \\{QASM / Qiskit\\}. "
    "2. the post-processing code run_and_analyze(circuit, aer_sim) in python."
)


def small_copy(folder: Path) -> Path:
    """A folder in the set's layout with one task of each kind."""
    files = dict(_FILES)
    for path, program in TASKS.items():
        parts = path.split("/")
        if "test_oracle" in parts:
            home = "/".join(parts[:3])
            files[f"{home}/{parts[2]}_{parts[-2]}.qasm"] = program
        else:
            files[path] = program
    for path in (*REFUSED[:2],):
        files[path] = f"{HEAD}qubit q;\nx q;\n"
    for path in list(files):
        home = "/".join(path.split("/")[: 2 if path.startswith("Random") else 3])
        files.setdefault(f"{home}/about_description.txt", _WORDS)
    for kind in ("amp", "ang", "basis"):
        files[f"Algorithm_Design/Variational_Circuits/data_encoding/enc_description_{kind}"] = "E"
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def real_copy() -> Path:
    """The folder that QUASAR_QCIRCUITBENCH names; skips the test where there is none."""
    folder = os.environ.get("QUASAR_QCIRCUITBENCH")
    if not folder or not (Path(folder) / "Algorithm_Design").is_dir():
        pytest.skip("no copy of QCircuitBench: set QUASAR_QCIRCUITBENCH to its folder")
    return Path(folder)
