/* Gates, and one-qubit gates as matrices: what the files of the library of `gate_facts.c` share.

   Gates are those of `flat_reader.c`, on 64 qubits at most. */

#ifndef QUASAR_GATES_H
#define QUASAR_GATES_H

#include <math.h>
#include <stdint.h>

typedef struct {
    double angle[4];
    int32_t code, qubit[3];
} Gate;

enum { U, P, X, Y, Z, H, S, SDG, T, TDG, SX, RX, RY, RZ, CX, CY, CZ, CP, CRX, CRY, CRZ, CH, SWAP,
       CCX, CSWAP, CU, CX_ALIAS, PHASE, CPHASE, ID, U1, U2, U3, CODES };

#define NO_MEMORY (-2)
#define UNKNOWN (-3)
#define NOT_QAOA (-1)

static const int8_t ANGLES[CODES] = {
    [U] = 3, [P] = 1, [RX] = 1, [RY] = 1, [RZ] = 1, [CP] = 1, [CRX] = 1, [CRY] = 1, [CRZ] = 1,
    [CU] = 4, [PHASE] = 1, [CPHASE] = 1, [U1] = 1, [U2] = 2, [U3] = 3,
};
static const int8_t BASE[CODES] = {
    [CX] = X, [CX_ALIAS] = X, [CY] = Y, [CZ] = Z, [CH] = H, [CP] = P, [CPHASE] = P, [CRX] = RX,
    [CRY] = RY, [CRZ] = RZ, [CCX] = X, [CU] = U,
};

static inline int n_qubits_of(int code) {
    if (code == CCX || code == CSWAP) return 3;
    return (code >= CX && code <= CU) || code == CX_ALIAS || code == CPHASE ? 2 : 1;
}
static inline int is_controlled(int code) {
    return n_qubits_of(code) > 1 && code != SWAP && code != CSWAP;
}

static const double ROUNDING = 1e-14;

typedef struct { double r, i; } Complex;
typedef struct { Complex a, b, c, d; } Matrix; /* rows (a, b), (c, d) */
typedef struct {
    Matrix m;
    double angle, off;
    int axis; /* 'x', 'y', 'z' or 0 */
} Single;

static inline Complex turn(double angle) { return (Complex){cos(angle), sin(angle)}; }
static inline Complex plus(Complex x, Complex y) { return (Complex){x.r + y.r, x.i + y.i}; }
static inline Complex minus(Complex x, Complex y) { return (Complex){x.r - y.r, x.i - y.i}; }
static inline Complex mul(Complex x, Complex y) {
    return (Complex){x.r * y.r - x.i * y.i, x.r * y.i + x.i * y.r};
}
static inline double size_of(Complex x) { return hypot(x.r, x.i); }
static inline double phase_of(Complex x) { return atan2(x.i, x.r); }

static inline void applied(const Matrix *m, Complex zero, Complex one, Complex *after) {
    after[0] = plus(mul(m->a, zero), mul(m->b, one));
    after[1] = plus(mul(m->c, zero), mul(m->d, one));
}

typedef struct { double w, v[3]; } Quaternion;

typedef struct {
    Gate g;
    Single base;
    int8_t n; /* qubits; 0: taken out again */
} Item;

static inline int target_of(const Item *item) { return item->g.qubit[item->n - 1]; }

enum { APART, NOTHING_LEFT, ONE_LEFT };

#pragma GCC visibility push(hidden)

/* one_qubit.c */
double wrapped(double angle);
double wrapped_twice(double angle);
Matrix matrix_product(Matrix left, Matrix right);
Quaternion quaternion(Matrix m);
double off_identity(Matrix m);
Matrix matrix_of(int code, const double *angle);
Single base_of(const Gate *g);

/* gate_pairs.c */
Gate gate0(int code, const double *angle, int n_angles);
Item item_of(Gate g);
int axis_at(const Item *item, int k);
int axis_on(const Item *item, int qubit);
int rotation(int axis, double angle, int qubit, Item *out);
int merge(const Item *one, const Item *two, Item *out);

/* gate_facts.c */
int is_known(const Gate *gates, int64_t n, int n_qubits);

#pragma GCC visibility pop

int64_t effective(const Gate *gates, int64_t n, int32_t n_qubits, double budget, Gate *out);
int64_t qaoa_layers(const Gate *gates, int64_t n, int32_t n_qubits, const uint64_t *masks,
                    const double *coefficients, int64_t n_terms, double tolerance);

#endif
