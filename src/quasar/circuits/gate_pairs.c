/* What two gates side by side come to, as `gate_pairs.py` has it. */

#include "gates.h"

#include <string.h>

Gate gate0(int code, const double *angle, int n_angles) {
    Gate g = {.code = code};
    memcpy(g.angle, angle, sizeof(double) * (size_t)n_angles);
    return g;
}

Item item_of(Gate g) { return (Item){g, base_of(&g), (int8_t)n_qubits_of(g.code)}; }

/* Axis along which a gate acts on its qubit number k. */
int axis_at(const Item *item, int k) {
    if (item->n == 1) return item->base.axis;
    if (item->g.code == CSWAP) return k == 0 ? 'z' : 0;
    if (item->g.code == SWAP) return 0;
    return k < item->n - 1 ? 'z' : item->base.axis;
}
int axis_on(const Item *item, int qubit) {
    for (int k = 0; k < item->n; k++)
        if (item->g.qubit[k] == qubit) return axis_at(item, k);
    return 0;
}

/* A rotation about an axis; 0 for a multiple of 2 pi. */
int rotation(int axis, double angle, int qubit, Item *out) {
    int k = axis - 'x';
    angle = wrapped(angle);
    if (fabs(angle) <= ROUNDING) return 0;
    Gate g = gate0(M_PI - fabs(angle) <= ROUNDING ? X + k : RX + k, &angle, 1);
    if (g.code <= Z) g.angle[0] = 0.0;
    g.qubit[0] = qubit;
    *out = item_of(g);
    return 1;
}

/* The phase exp(i angle) where all of one or two qubits are 1. */
static Item phase_gate(const int32_t *qubit, int n, double angle) {
    int half = M_PI - fabs(angle) <= ROUNDING;
    Gate g = gate0(n == 1 ? (half ? Z : P) : (half ? CZ : CP), &angle, 1);
    if (half) g.angle[0] = 0.0;
    memcpy(g.qubit, qubit, sizeof(int32_t) * (size_t)n);
    return item_of(g);
}

static int joined_phases(const Item *one, const Item *two, Item *out) {
    double angle = wrapped(one->base.angle + two->base.angle);
    if (fabs(angle) <= ROUNDING) return NOTHING_LEFT;
    *out = phase_gate(two->g.qubit, two->n, angle);
    return ONE_LEFT;
}

static int is_phase(const Item *item) {
    int base = BASE[item->g.code];
    return base == P || base == Z;
}

/* Two gates on the same qubits as one or none. */
int merge(const Item *one, const Item *two, Item *out) {
    if (!is_controlled(one->g.code) || !is_controlled(two->g.code)) {
        if (one->g.code != two->g.code) return APART;
        if (one->g.code == SWAP) return NOTHING_LEFT;
        int undone = one->g.code == CSWAP && one->g.qubit[0] == two->g.qubit[0];
        return undone ? NOTHING_LEFT : APART;
    }
    int phases = is_phase(one) && is_phase(two);
    if (phases) return joined_phases(one, two, out);
    if (target_of(one) != target_of(two)) return APART;
    Matrix product = matrix_product(two->base.m, one->base.m);
    if (off_identity(product) < ROUNDING) {
        double angle = wrapped(phase_of(product.a));
        if (fabs(angle) <= ROUNDING) return NOTHING_LEFT;
        *out = phase_gate(one->g.qubit, one->n - 1, angle);
        return ONE_LEFT;
    }
    int code = one->g.code;
    if (code == two->g.code && (code == CRX || code == CRY || code == CRZ)) {
        Gate g = two->g;
        g.angle[0] = wrapped_twice(wrapped_twice(one->g.angle[0]) + wrapped_twice(g.angle[0]));
        *out = item_of(g);
        return ONE_LEFT;
    }
    return APART;
}
