OPENQASM 3.0;
include "stdgates.inc";
input angle gamma;
input angle beta;
qubit[4] q;
bit[4] c;
gate zz(t) a, b { cx a, b; rz(t) b; cx a, b; }
h q;
zz(gamma) q[0], q[1];
zz(2 * gamma) q[1], q[2];
zz(gamma) q[2], q[3];
zz(2 * gamma) q[3], q[0];
rx(2 * beta) q;
c = measure q;
