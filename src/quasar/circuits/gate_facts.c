/* What a circuit's gates come to: size, gates that have an effect, angles that are free.

   The same steps as `effective.py`, `freedom.py` and `statistics.py`, in the same order and with the
   same arithmetic (that of Python's complex numbers), so that both give the same bits; those modules
   say what is done and why. Gates are those of `flat_reader.c`, on 64 qubits at most. Functions
   return NO_MEMORY where there is none left. */

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double angle[4];
    int32_t code, qubit[3];
} Gate;

enum { U, P, X, Y, Z, H, S, SDG, T, TDG, SX, RX, RY, RZ, CX, CY, CZ, CP, CRX, CRY, CRZ, CH, SWAP,
       CCX, CSWAP, CU, CX_ALIAS, PHASE, CPHASE, ID, U1, U2, U3, CODES };

#define NO_MEMORY (-2)
#define UNKNOWN (-3)

static const int8_t ANGLES[CODES] = {
    [U] = 3, [P] = 1, [RX] = 1, [RY] = 1, [RZ] = 1, [CP] = 1, [CRX] = 1, [CRY] = 1, [CRZ] = 1,
    [CU] = 4, [PHASE] = 1, [CPHASE] = 1, [U1] = 1, [U2] = 2, [U3] = 3,
};
static const int8_t BASE[CODES] = {
    [CX] = X, [CX_ALIAS] = X, [CY] = Y, [CZ] = Z, [CH] = H, [CP] = P, [CPHASE] = P, [CRX] = RX,
    [CRY] = RY, [CRZ] = RZ, [CCX] = X, [CU] = U,
};

static int n_qubits_of(int code) {
    if (code == CCX || code == CSWAP) return 3;
    return (code >= CX && code <= CU) || code == CX_ALIAS || code == CPHASE ? 2 : 1;
}
static int is_controlled(int code) {
    return n_qubits_of(code) > 1 && code != SWAP && code != CSWAP;
}

/* --- complex numbers and one-qubit gates, as one_qubit.py and Python have them ---------------- */

static const double ROUNDING = 1e-14;

typedef struct { double r, i; } Complex;
typedef struct { Complex a, b, c, d; } Matrix; /* rows (a, b), (c, d) */
typedef struct {
    Matrix m;
    double angle, off;
    int axis; /* 'x', 'y', 'z' or 0 */
} Single;

static Complex turn(double angle) { return (Complex){cos(angle), sin(angle)}; }
static Complex plus(Complex x, Complex y) { return (Complex){x.r + y.r, x.i + y.i}; }
static Complex minus(Complex x, Complex y) { return (Complex){x.r - y.r, x.i - y.i}; }
static Complex mul(Complex x, Complex y) {
    return (Complex){x.r * y.r - x.i * y.i, x.r * y.i + x.i * y.r};
}
static Complex over(Complex a, Complex b) {
    if (fabs(b.r) >= fabs(b.i)) {
        double ratio = b.i / b.r, below = b.r + b.i * ratio;
        return (Complex){(a.r + a.i * ratio) / below, (a.i - a.r * ratio) / below};
    }
    double ratio = b.r / b.i, below = b.r * ratio + b.i;
    return (Complex){(a.r * ratio + a.i) / below, (a.i * ratio - a.r) / below};
}
static double size_of(Complex x) { return hypot(x.r, x.i); }
static double phase_of(Complex x) { return atan2(x.i, x.r); }
static Complex root_of(Complex z) {
    if (z.r == 0 && z.i == 0) return (Complex){0, z.i};
    double x = fabs(z.r), y = fabs(z.i), s;
    if (x < DBL_MIN && y < DBL_MIN) {
        x = ldexp(x, 54);
        s = ldexp(sqrt(x + hypot(x, ldexp(y, 54))), -27);
    } else {
        x /= 8.0;
        s = 2.0 * sqrt(x + hypot(x, y / 8.0));
    }
    double d = y / (2.0 * s);
    return z.r >= 0 ? (Complex){s, copysign(d, z.i)} : (Complex){d, copysign(s, z.i)};
}

static double wrapped(double angle) { return atan2(sin(angle), cos(angle)); }
static double wrapped_twice(double angle) { return 2 * wrapped(angle / 2); }

static Matrix times(Matrix l, Matrix e) {
    return (Matrix){plus(mul(l.a, e.a), mul(l.b, e.c)), plus(mul(l.a, e.b), mul(l.b, e.d)),
                    plus(mul(l.c, e.a), mul(l.d, e.c)), plus(mul(l.c, e.b), mul(l.d, e.d))};
}

typedef struct { double w, v[3]; } Quaternion;

static Quaternion quaternion(Matrix m) {
    Complex root = root_of(minus(mul(m.a, m.d), mul(m.b, m.c)));
    Complex a = over(m.a, root), b = over(m.b, root), c = over(m.c, root), d = over(m.d, root);
    return (Quaternion){(a.r + d.r) / 2, {-(b.i + c.i) / 2, (c.r - b.r) / 2, (d.i - a.i) / 2}};
}

static double off_identity(Matrix m) {
    Quaternion q = quaternion(m);
    return q.w * q.w > 0.5 ? sqrt(q.v[0] * q.v[0] + q.v[1] * q.v[1] + q.v[2] * q.v[2]) : 1.0;
}

static Single describe(Matrix m) {
    Quaternion q = quaternion(m);
    double off = sqrt(q.v[0] * q.v[0] + q.v[1] * q.v[1] + q.v[2] * q.v[2]);
    Single found = {m, 0.0, off, 0};
    int seen = (fabs(q.v[0]) > ROUNDING) + (fabs(q.v[1]) > ROUNDING) + (fabs(q.v[2]) > ROUNDING);
    for (int k = 0; k < 3 && seen <= 1; k++)
        if (fabs(fabs(q.v[k]) - off) <= ROUNDING) {
            found.axis = "xyz"[k];
            found.angle = wrapped(2.0 * atan2(q.v[k], q.w));
            break;
        }
    return found;
}

static Matrix u_matrix(double theta, double phi, double lambda) {
    double c = cos(theta / 2), s = sin(theta / 2);
    Complex l = turn(lambda), f = turn(phi), both = turn(phi + lambda);
    return (Matrix){{c, 0}, {-l.r * s, -l.i * s}, {f.r * s, f.i * s}, {both.r * c, both.i * c}};
}

static Matrix matrix_of(int code, const double *angle) {
    const double r = sqrt(0.5);
    double c, s;
    switch (code) {
    case X: return (Matrix){{0, 0}, {1, 0}, {1, 0}, {0, 0}};
    case Y: return (Matrix){{0, 0}, {0, -1}, {0, 1}, {0, 0}};
    case Z: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {-1, 0}};
    case H: return (Matrix){{r, 0}, {r, 0}, {r, 0}, {-r, 0}};
    case S: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {0, 1}};
    case SDG: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {0, -1}};
    case T: return (Matrix){{1, 0}, {0, 0}, {0, 0}, turn(0.25 * M_PI)};
    case TDG: return (Matrix){{1, 0}, {0, 0}, {0, 0}, turn(-0.25 * M_PI)};
    case SX: return (Matrix){{0.5, 0.5}, {0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}};
    case P: return (Matrix){{1, 0}, {0, 0}, {0, 0}, turn(angle[0])};
    case U: return u_matrix(angle[0], angle[1], angle[2]);
    case U2: return u_matrix(M_PI / 2, angle[0], angle[1]);
    case RX: case RY: case RZ:
        c = cos(angle[0] / 2), s = sin(angle[0] / 2);
        if (code == RX) return (Matrix){{c, 0}, {0, -s}, {0, -s}, {c, 0}};
        if (code == RY) return (Matrix){{c, 0}, {-s, 0}, {s, 0}, {c, 0}};
        return (Matrix){{c, -s}, {0, 0}, {0, 0}, {c, s}};
    default: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {1, 0}}; /* ID */
    }
}

static Single single_of(int code, const double *angle) {
    if (code == PHASE || code == U1) code = P;
    if (code == U3) code = U;
    Single found = describe(matrix_of(code, angle));
    static const struct { int8_t axis, eighths; } QUARTERS[SX + 1] = {
        [X] = {'x', 4}, [Y] = {'y', 4}, [Z] = {'z', 4}, [SX] = {'x', 2}, [S] = {'z', 2},
        [SDG] = {'z', -2}, [T] = {'z', 1}, [TDG] = {'z', -1},
    };
    if (code <= SX && QUARTERS[code].axis) {
        found.axis = QUARTERS[code].axis;
        found.angle = QUARTERS[code].eighths * M_PI / 4;
    } else if (code == RX || code == RY || code == RZ || code == P) {
        found.axis = code == RX ? 'x' : code == RY ? 'y' : 'z';
        found.angle = wrapped(angle[0]);
    }
    return found;
}

/* What happens to the only qubit, or to the target of a controlled gate. */
static Single base_of(const Gate *g) {
    if (g->code == SWAP || g->code == CSWAP) return (Single){.off = 1.0};
    if (g->code != CU)
        return single_of(is_controlled(g->code) ? BASE[g->code] : g->code, g->angle);
    Matrix m = u_matrix(g->angle[0], g->angle[1], g->angle[2]);
    Complex f = turn(g->angle[3]);
    return describe((Matrix){mul(f, m.a), mul(f, m.b), mul(f, m.c), mul(f, m.d)});
}

/* --- gates without those that change nothing: effective.py, gate_pairs.py --------------------- */

#define LOOK_BACK 64
#define RUN 6
#define SWEEPS 6

typedef struct {
    Gate g;
    Single base;
    int8_t n; /* qubits; 0: taken out again */
} Item;

typedef struct {
    int64_t *at, size, room;
} Places;

typedef struct {
    double budget;
    int n_qubits, failed;
    struct { int known; Complex zero, one; } state[64];
    Places wires[64];
    Item *done;
    int64_t size;
} Sweep;

static Gate gate0(int code, const double *angle, int n_angles) {
    Gate g = {.code = code};
    memcpy(g.angle, angle, sizeof(double) * (size_t)n_angles);
    return g;
}

static Item item_of(Gate g) { return (Item){g, base_of(&g), (int8_t)n_qubits_of(g.code)}; }

static int allows(Sweep *w, double error) {
    if (error > w->budget) return 0;
    if (error > ROUNDING) w->budget -= error;
    return 1;
}
static int near(Sweep *w, double error) { return error < 1e-9 && allows(w, 2.0 * error); }

static int target_of(const Item *item) { return item->g.qubit[item->n - 1]; }

/* Axis along which a gate acts on its qubit number k. */
static int axis_at(const Item *item, int k) {
    if (item->n == 1) return item->base.axis;
    if (item->g.code == CSWAP) return k == 0 ? 'z' : 0;
    if (item->g.code == SWAP) return 0;
    return k < item->n - 1 ? 'z' : item->base.axis;
}
static int axis_on(const Item *item, int qubit) {
    for (int k = 0; k < item->n; k++)
        if (item->g.qubit[k] == qubit) return axis_at(item, k);
    return 0;
}

static void append(Sweep *w, const Item *item) {
    for (int k = 0; k < item->n; k++) {
        Places *wire = &w->wires[item->g.qubit[k]];
        if (wire->size == wire->room) {
            int64_t room = wire->room ? 2 * wire->room : 16;
            int64_t *grown = realloc(wire->at, sizeof(int64_t) * (size_t)room);
            if (!grown) {
                w->failed = 1;
                return;
            }
            wire->at = grown, wire->room = room;
        }
        wire->at[wire->size++] = w->size;
    }
    w->done[w->size++] = *item;
}

static void drop(Places *wire, int64_t place) {
    for (int64_t i = wire->size - 1; i >= 0; i--)
        if (wire->at[i] == place) {
            memmove(wire->at + i, wire->at + i + 1, sizeof(int64_t) * (size_t)(wire->size - 1 - i));
            wire->size--;
            return;
        }
}

/* Another gate, or none (NULL), in the place of one. */
static void put(Sweep *w, int64_t place, const Item *item) {
    Item old = w->done[place];
    if (item) w->done[place] = *item;
    else w->done[place].n = 0;
    for (int k = 0; k < old.n; k++) {
        int stays = 0;
        for (int j = 0; item && j < item->n; j++) stays |= item->g.qubit[j] == old.g.qubit[k];
        if (!stays) drop(&w->wires[old.g.qubit[k]], place);
    }
}

static int is_half_turn(const Single *s) { return fabs(M_PI - fabs(s->angle)) <= ROUNDING; }

/* A rotation about an axis; 0 for a multiple of 2 pi. */
static int rotation(int axis, double angle, int qubit, Item *out) {
    int k = axis - 'x';
    angle = wrapped(angle);
    if (fabs(angle) <= ROUNDING) return 0;
    Gate g = gate0(M_PI - fabs(angle) <= ROUNDING ? X + k : RX + k, &angle, 1);
    if (g.code <= Z) g.angle[0] = 0.0;
    g.qubit[0] = qubit;
    *out = item_of(g);
    return 1;
}

static int cancels(Sweep *w, Places *wire, int64_t last, Matrix m) {
    for (int64_t i = last; i >= 0 && i > last - RUN; i--) {
        const Item *old = &w->done[wire->at[i]];
        if (old->n != 1) return 0;
        m = times(m, old->base.m);
        if (off_identity(m) < ROUNDING) {
            for (int64_t j = i; j <= last; j++) w->done[wire->at[j]].n = 0;
            int64_t after = wire->size - (last + 1);
            memmove(wire->at + i, wire->at + last + 1, sizeof(int64_t) * (size_t)after);
            wire->size -= last + 1 - i;
            return 1;
        }
    }
    return 0;
}

static void add_single(Sweep *w, const Item *item) {
    const Single *own = &item->base;
    int qubit = item->g.qubit[0];
    Places *wire = &w->wires[qubit];
    double angle = own->angle;
    int64_t turned[LOOK_BACK];
    int n_turned = 0;
    for (int64_t i = wire->size - 1; i >= 0 && i > wire->size - 1 - LOOK_BACK; i--) {
        int64_t place = wire->at[i];
        const Item *old = &w->done[place];
        if (old->n == 0) break;
        if (old->n == 1) {
            const Single *before = &old->base;
            if (own->axis && before->axis == own->axis) {
                for (int t = 0; t < n_turned; t++) {
                    Item *other = &w->done[turned[t]];
                    double back = -other->base.angle;
                    Gate g = gate0(RX + other->base.axis - 'x', &back, 1);
                    g.qubit[0] = other->g.qubit[0];
                    *other = item_of(g);
                }
                Item merged;
                put(w, place, rotation(own->axis, before->angle + angle, qubit, &merged) ? &merged : NULL);
                return;
            }
            if (angle == own->angle && !n_turned && cancels(w, wire, i, own->m)) return;
            if (!own->axis || !before->axis) break;
            if (is_half_turn(before)) angle = -angle;
            else if (is_half_turn(own)) turned[n_turned++] = place;
            else break;
            continue;
        }
        if (!own->axis || axis_on(old, qubit) != own->axis) break;
    }
    append(w, item);
}

/* All gates of a qubit that is in a basis state, replaced by one X or none. */
static void restart(Sweep *w, int qubit, int excited) {
    Places *wire = &w->wires[qubit];
    for (int64_t i = 0; i < wire->size; i++) w->done[wire->at[i]].n = 0;
    wire->size = 0;
    w->state[qubit].zero = (Complex){!excited, 0};
    w->state[qubit].one = (Complex){excited, 0};
    if (excited) {
        Item x = item_of((Gate){.code = X, .qubit = {qubit}});
        append(w, &x);
    }
}

static void applied(const Matrix *m, Complex zero, Complex one, Complex *after) {
    after[0] = plus(mul(m->a, zero), mul(m->b, one));
    after[1] = plus(mul(m->c, zero), mul(m->d, one));
}

static void take_single(Sweep *w, const Item *item) {
    if (item->base.off < 1e-9 && allows(w, item->base.off)) return;
    int q = item->g.qubit[0];
    if (!w->state[q].known) {
        add_single(w, item);
        return;
    }
    Complex zero = w->state[q].zero, one = w->state[q].one, after[2];
    applied(&item->base.m, zero, one, after);
    if (near(w, size_of(minus(mul(zero, after[1]), mul(one, after[0]))))) return;
    w->state[q].zero = after[0], w->state[q].one = after[1];
    if (near(w, size_of(after[1]))) restart(w, q, 0);
    else if (w->wires[q].size && near(w, size_of(after[0]))) restart(w, q, 1);
    else add_single(w, item);
}

/* The phase exp(i angle) where all of one or two qubits are 1. */
static Item phase_gate(const int32_t *qubit, int n, double angle) {
    int half = M_PI - fabs(angle) <= ROUNDING;
    Gate g = gate0(n == 1 ? (half ? Z : P) : (half ? CZ : CP), &angle, 1);
    if (half) g.angle[0] = 0.0;
    memcpy(g.qubit, qubit, sizeof(int32_t) * (size_t)n);
    return item_of(g);
}

enum { APART, NOTHING_LEFT, ONE_LEFT };

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
static int merge(const Item *one, const Item *two, Item *out) {
    if (!is_controlled(one->g.code) || !is_controlled(two->g.code)) {
        if (one->g.code != two->g.code) return APART;
        if (one->g.code == SWAP) return NOTHING_LEFT;
        int undone = one->g.code == CSWAP && one->g.qubit[0] == two->g.qubit[0];
        return undone ? NOTHING_LEFT : APART;
    }
    int phases = is_phase(one) && is_phase(two);
    if (phases) return joined_phases(one, two, out);
    if (target_of(one) != target_of(two)) return APART;
    Matrix product = times(two->base.m, one->base.m);
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

static void add_several(Sweep *w, const Item *item) {
    int n = item->n;
    int64_t at[3], least[3];
    for (int k = 0; k < n; k++) {
        at[k] = w->wires[item->g.qubit[k]].size - 1;
        least[k] = at[k] - LOOK_BACK;
    }
    for (int step = 0; step < LOOK_BACK; step++) {
        int64_t place = -1;
        for (int k = 0; k < n; k++)
            if (at[k] >= 0 && at[k] > least[k]) {
                int64_t next = w->wires[item->g.qubit[k]].at[at[k]];
                if (next > place) place = next;
            }
        if (place < 0) break;
        for (int k = 0; k < n; k++)
            if (at[k] >= 0 && w->wires[item->g.qubit[k]].at[at[k]] == place) at[k]--;
        const Item *old = &w->done[place];
        if (old->n == 0) break;
        int shared = 0, clash = 0;
        for (int j = 0; j < old->n; j++)
            for (int k = 0; k < n; k++)
                if (old->g.qubit[j] == item->g.qubit[k]) {
                    int axis = axis_at(old, j);
                    shared++;
                    clash |= !(axis && axis == axis_at(item, k));
                }
        if (old->n == n && shared == n) {
            Item merged;
            int left = merge(old, item, &merged);
            if (left != APART) {
                put(w, place, left == ONE_LEFT ? &merged : NULL);
                return;
            }
        }
        if (clash) break;
    }
    append(w, item);
    for (int k = 0; k < n; k++) w->state[item->g.qubit[k]].known = 0;
}

static void take_several(Sweep *w, const Item *item);

/* exp(i angle) where all controls are 1. */
static void take_phase(Sweep *w, const int32_t *controls, int n, double angle) {
    angle = wrapped(angle);
    if (fabs(angle) < 1e-9 && allows(w, fabs(angle))) return;
    Gate g = gate0(n == 1 ? P : CP, &angle, 1);
    memcpy(g.qubit, controls, sizeof(int32_t) * (size_t)n);
    Item item = item_of(g);
    if (n == 1) take_single(w, &item);
    else take_several(w, &item);
}

static void take_swap(Sweep *w, const Item *item) {
    if (item->g.code != CSWAP) {
        add_several(w, item);
        return;
    }
    const int32_t *q = item->g.qubit;
    if (w->state[q[0]].known && near(w, size_of(w->state[q[0]].one))) return;
    if (w->state[q[1]].known && w->state[q[2]].known) {
        Complex apart = minus(mul(w->state[q[1]].zero, w->state[q[2]].one),
                              mul(w->state[q[1]].one, w->state[q[2]].zero));
        if (near(w, size_of(apart))) return;
    }
    if (w->state[q[0]].known && near(w, size_of(w->state[q[0]].zero))) {
        Item swap = item_of((Gate){.code = SWAP, .qubit = {q[1], q[2]}});
        add_several(w, &swap);
        return;
    }
    add_several(w, item);
}

static void take_several(Sweep *w, const Item *item) {
    if (!is_controlled(item->g.code)) {
        take_swap(w, item);
        return;
    }
    int32_t open[2] = {0, 0};
    int n_open = 0, target = target_of(item);
    for (int k = 0; k < item->n - 1; k++) {
        int control = item->g.qubit[k];
        if (!w->state[control].known) {
            open[n_open++] = control;
        } else if (near(w, size_of(w->state[control].one))) {
            return;
        } else if (!near(w, size_of(w->state[control].zero))) {
            open[n_open++] = control;
        }
    }
    if (!n_open) {
        int code = BASE[item->g.code];
        Gate g = gate0(code, item->g.angle, ANGLES[code]);
        g.qubit[0] = target;
        Item alone = item_of(g);
        take_single(w, &alone);
        return;
    }
    const Single *base = &item->base;
    if (base->off < 1e-9 && allows(w, base->off)) {
        take_phase(w, open, n_open, phase_of(base->m.a));
        return;
    }
    if (w->state[target].known) {
        Complex zero = w->state[target].zero, one = w->state[target].one, after[2];
        applied(&base->m, zero, one, after);
        if (near(w, size_of(minus(mul(zero, after[1]), mul(one, after[0]))))) {
            Complex left = {zero.r, -zero.i}, right = {one.r, -one.i};
            take_phase(w, open, n_open,
                       phase_of(plus(mul(left, after[0]), mul(right, after[1]))));
            return;
        }
    }
    if (n_open < item->n - 1) {
        Item fewer = item_of((Gate){.code = CX, .qubit = {open[0], target}});
        add_several(w, &fewer);
        return;
    }
    add_several(w, item);
}

static int64_t without_swaps(Item *items, int64_t n, int n_qubits) {
    int any = 0;
    for (int64_t i = 0; i < n; i++) any |= items[i].g.code == SWAP;
    if (!any) return n;
    int32_t name[64];
    for (int q = 0; q < n_qubits; q++) name[q] = q;
    int64_t kept = n;
    for (int64_t i = n - 1; i >= 0; i--) {
        Gate *g = &items[i].g;
        if (g->code == SWAP) {
            int32_t a = g->qubit[0], b = g->qubit[1], old = name[a];
            name[a] = name[b], name[b] = old;
            continue;
        }
        for (int k = 0; k < items[i].n; k++) g->qubit[k] = name[g->qubit[k]];
        items[--kept] = items[i];
    }
    memmove(items, items + kept, sizeof(Item) * (size_t)(n - kept));
    return n - kept;
}

static int64_t without_final_phases(Item *items, int64_t n) {
    uint64_t read = ~(uint64_t)0;
    int64_t kept = n;
    for (int64_t i = n - 1; i >= 0; i--) {
        const Item *item = &items[i];
        int inside = 1, diagonal = 1;
        for (int k = 0; k < item->n; k++) {
            inside &= (int)(read >> item->g.qubit[k] & 1);
            diagonal &= axis_at(item, k) == 'z';
        }
        if (inside && diagonal) continue;
        int permutes = item->g.code == SWAP || item->g.code == CSWAP ||
                       size_of(item->base.m.a) <= ROUNDING || size_of(item->base.m.b) <= ROUNDING;
        if (!(inside && permutes))
            for (int k = 0; k < item->n; k++)
                if (axis_at(item, k) != 'z') read &= ~((uint64_t)1 << item->g.qubit[k]);
        items[--kept] = *item;
    }
    memmove(items, items + kept, sizeof(Item) * (size_t)(n - kept));
    return n - kept;
}

/* One pass from the start; the gates that are left, in place. */
static int64_t sweep(Sweep *w, Item *items, int64_t n) {
    w->size = 0;
    for (int q = 0; q < w->n_qubits; q++) {
        w->wires[q].size = 0;
        w->state[q].known = 1;
        w->state[q].zero = (Complex){1, 0}, w->state[q].one = (Complex){0, 0};
    }
    for (int64_t i = 0; i < n && !w->failed; i++) {
        if (items[i].n == 1) take_single(w, &items[i]);
        else take_several(w, &items[i]);
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < w->size; i++)
        if (w->done[i].n) items[kept++] = w->done[i];
    return kept;
}

static int is_known(const Gate *gates, int64_t n, int n_qubits) {
    if (n_qubits < 0 || n_qubits > 64) return 0;
    for (int64_t i = 0; i < n; i++) {
        if (gates[i].code < 0 || gates[i].code >= CODES) return 0;
        for (int k = 0; k < n_qubits_of(gates[i].code); k++)
            if (gates[i].qubit[k] < 0 || gates[i].qubit[k] >= n_qubits) return 0;
    }
    return 1;
}

static int64_t ends_of(const Item *items, int64_t n) {
    int64_t ends = 0;
    for (int64_t i = 0; i < n; i++) ends += items[i].n;
    return ends;
}

/* effective.effective: gates into `out`, with room for n; their number, or what went wrong. */
int64_t effective(const Gate *gates, int64_t n, int32_t n_qubits, double budget, Gate *out) {
    if (!is_known(gates, n, n_qubits)) return UNKNOWN;
    Sweep *w = calloc(1, sizeof(Sweep));
    Item *items = malloc(sizeof(Item) * (size_t)(n + 1));
    int64_t kept = NO_MEMORY;
    if (w && items && (w->done = malloc(sizeof(Item) * (size_t)(n + 1)))) {
        w->budget = budget, w->n_qubits = n_qubits;
        kept = 0;
        for (int64_t i = 0; i < n; i++)
            if (gates[i].code != ID) items[kept++] = item_of(gates[i]);
        for (int turns = 0; turns < SWEEPS; turns++) {
            int64_t before = kept, ends = ends_of(items, kept);
            kept = without_swaps(items, kept, n_qubits);
            kept = without_final_phases(items, sweep(w, items, kept));
            if (kept == before && ends_of(items, kept) == ends) break;
        }
        if (w->failed) kept = NO_MEMORY;
        for (int64_t i = 0; i < kept; i++) out[i] = items[i].g;
    }
    if (w) {
        for (int q = 0; q < 64; q++) free(w->wires[q].at);
        free(w->done);
    }
    free(w), free(items);
    return kept;
}

/* --- size: statistics.py ---------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int64_t distinct(double *values, int64_t n) {
    int64_t found = 0;
    qsort(values, (size_t)n, sizeof(double), by_value);
    for (int64_t i = 0; i < n; i++) found += i == 0 || values[i] != values[i - 1];
    return found;
}

typedef struct {
    int64_t two_qubit, multi_qubit, depth, parameters, distinct;
    int64_t count[CODES], first[CODES]; /* gates by code, and the place of the first of them */
} Sizes;

int32_t sizes(const Gate *gates, int64_t n, int32_t n_qubits, Sizes *out) {
    if (!is_known(gates, n, n_qubits)) return UNKNOWN;
    int64_t end[64] = {0};
    memset(out, 0, sizeof(Sizes));
    for (int64_t i = 0; i < n; i++) {
        const Gate *g = &gates[i];
        int width = n_qubits_of(g->code);
        if (!out->count[g->code]++) out->first[g->code] = i;
        out->two_qubit += width >= 2, out->multi_qubit += width >= 3;
        out->parameters += ANGLES[g->code];
        int64_t last = 0;
        for (int k = 0; k < width; k++) last = end[g->qubit[k]] > last ? end[g->qubit[k]] : last;
        for (int k = 0; k < width; k++) end[g->qubit[k]] = last + 1;
        out->depth = last + 1 > out->depth ? last + 1 : out->depth;
    }
    if (!out->parameters) return 0;
    double *values = malloc(sizeof(double) * (size_t)out->parameters);
    if (!values) return NO_MEMORY;
    int64_t seen = 0;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < ANGLES[gates[i].code]; k++) values[seen++] = gates[i].angle[k];
    out->distinct = distinct(values, seen);
    free(values);
    return 0;
}

/* --- numbers that a circuit carries: freedom.py ----------------------------------------------- */

/* Angles that are not multiples of pi/2, as |wrapped|, into `out` with room for four a gate. */
int64_t free_angles(const Gate *gates, int64_t n, double free_from, double *out) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < ANGLES[gates[i].code]; k++)
            if (fabs(wrapped(4.0 * gates[i].angle[k])) > 4.0 * free_from)
                out[found++] = fabs(wrapped(gates[i].angle[k]));
    qsort(out, (size_t)found, sizeof(double), by_value);
    int64_t kept = 0;
    for (int64_t i = 0; i < found; i++)
        if (i == 0 || out[i] != out[i - 1]) out[kept++] = out[i];
    return kept;
}

#define NOT_QAOA (-1)
#define NOTHING 1e-9
#define TURNS 64

/* Sums by mask, in the order in which masks came. */
typedef struct {
    uint64_t *mask;
    double *sum;
    int32_t *slot; /* number of the entry + 1, 0 for none; at a power of two places */
    int64_t size, room, slots;
} Sums;

static int64_t hash(uint64_t mask, int64_t slots) {
    mask ^= mask >> 31;
    return (int64_t)((mask * 0x9e3779b97f4a7c15ULL) >> 20) & (slots - 1);
}

static int64_t find(const Sums *s, uint64_t mask) {
    if (!s->slots) return -1;
    for (int64_t at = hash(mask, s->slots); s->slot[at]; at = (at + 1) & (s->slots - 1))
        if (s->mask[s->slot[at] - 1] == mask) return s->slot[at] - 1;
    return -1;
}

static int grow(Sums *s) {
    int64_t room = s->room ? 4 * s->room : 16, slots = 4 * room;
    uint64_t *mask = realloc(s->mask, sizeof(uint64_t) * (size_t)room);
    if (mask) s->mask = mask;
    double *sum = realloc(s->sum, sizeof(double) * (size_t)room);
    if (sum) s->sum = sum;
    int32_t *slot = calloc((size_t)slots, sizeof(int32_t));
    if (!mask || !sum || !slot) {
        free(slot);
        return 0;
    }
    for (int64_t i = 0; i < s->size; i++) {
        int64_t at = hash(mask[i], slots);
        while (slot[at]) at = (at + 1) & (slots - 1);
        slot[at] = (int32_t)i + 1;
    }
    free(s->slot);
    s->slot = slot, s->slots = slots, s->room = room;
    return 1;
}

static int add(Sums *s, uint64_t mask, double angle) {
    int64_t known = find(s, mask);
    if (known >= 0) {
        s->sum[known] += angle;
        return 1;
    }
    if (s->size == s->room && !grow(s)) return 0;
    s->mask[s->size] = mask;
    s->sum[s->size++] = 0.0 + angle;
    int64_t at = hash(mask, s->slots);
    while (s->slot[at]) at = (at + 1) & (s->slots - 1);
    s->slot[at] = (int32_t)s->size;
    return 1;
}

static void clear(Sums *s) { free(s->mask), free(s->sum), free(s->slot); }

typedef struct {
    Sums phases;
    uint64_t ended; /* qubits of which `ends` is known */
    uint64_t *ends; /* parity by qubit */
    double beta;
    int has_beta;
} Layer;

typedef struct {
    uint64_t parity;
    Complex zero, one;
    int plus; /* |+> is reached */
    int turned;
    double mixing, *mixers;
    int64_t n_mixers, mixers_room;
    Single *run;
    int64_t n_run, run_room;
} Wire;

typedef struct {
    Wire wires[64];
    int n_qubits, failed; /* what went wrong */
    Layer *layers;
    int64_t n_layers, layers_room;
} Walk;

static void fail(Walk *k, int why) {
    if (!k->failed) k->failed = why;
}

/* Room for one more; 0 without memory. */
static int room_for(void **at, int64_t size, int64_t *room, size_t each) {
    if (size < *room) return 1;
    int64_t wanted = *room ? 2 * *room : 8;
    void *grown = realloc(*at, each * (size_t)wanted);
    if (!grown) return 0;
    *at = grown, *room = wanted;
    return 1;
}

static void new_layer(Walk *k) {
    if (!room_for((void **)&k->layers, k->n_layers, &k->layers_room, sizeof(Layer))) {
        fail(k, NO_MEMORY);
        return;
    }
    k->layers[k->n_layers++] = (Layer){0};
}

static void close_mixer(Walk *k, int q) {
    Wire *w = &k->wires[q];
    double angle = w->mixing;
    w->mixing = 0.0;
    if (fabs(wrapped(angle)) < NOTHING) return;
    Layer *layer = &k->layers[w->n_mixers];
    if (!layer->ends) layer->ends = calloc((size_t)k->n_qubits, sizeof(uint64_t));
    if (!layer->ends ||
        !room_for((void **)&w->mixers, w->n_mixers, &w->mixers_room, sizeof(double))) {
        fail(k, NO_MEMORY);
        return;
    }
    layer->ends[q] = w->parity, layer->ended |= (uint64_t)1 << q;
    if (!layer->has_beta) layer->has_beta = 1, layer->beta = angle;
    w->mixers[w->n_mixers++] = angle;
    w->parity = (uint64_t)1 << q;
    if (w->n_mixers == k->n_layers) new_layer(k);
}

static void add_phase(Walk *k, int q, double angle) {
    if (fabs(wrapped(angle)) < NOTHING) return;
    close_mixer(k, q);
    if (k->failed) return;
    if (!add(&k->layers[k->wires[q].n_mixers].phases, k->wires[q].parity, angle)) fail(k, NO_MEMORY);
}

static int is_hadamard(const Single *s) {
    return size_of(minus(s->m.a, s->m.b)) < NOTHING && size_of(minus(s->m.a, s->m.c)) < NOTHING &&
           size_of(plus(s->m.a, s->m.d)) < NOTHING;
}

/* Angles (a, b, c) with the matrix equal to Rz(a) Rx(b) Rz(c) up to a phase. */
static void zxz(Matrix m, double *abc) {
    Quaternion q = quaternion(m);
    double flat = hypot(q.w, q.v[2]), steep = hypot(q.v[0], q.v[1]);
    double total = flat > ROUNDING ? 2.0 * atan2(q.v[2], q.w) : 0.0;
    double apart = steep > ROUNDING ? 2.0 * atan2(q.v[1], q.v[0]) : 0.0;
    abc[0] = (total + apart) / 2.0, abc[1] = 2.0 * atan2(steep, flat);
    abc[2] = (total - apart) / 2.0;
}

static void choose(const Walk *k, const Wire *w, double *abc) {
    const Layer *layer = &k->layers[w->n_mixers];
    int other;
    if (!layer->has_beta) {
        double least = fabs(wrapped(abc[0])) + fabs(wrapped(abc[2]));
        other = 2.0 * M_PI - least < least;
    } else {
        other = fabs(wrapped(-abc[1] - layer->beta)) < fabs(wrapped(abc[1] - layer->beta));
    }
    if (other) abc[0] += M_PI, abc[1] = -abc[1], abc[2] -= M_PI;
}

static void close_run(Walk *k, int q) {
    Wire *w = &k->wires[q];
    int64_t n = w->n_run;
    int plain = 1;
    w->n_run = 0;
    if (!n) return;
    for (int64_t i = 0; i < n && plain; i++)
        plain = w->run[i].axis == 'x' || w->run[i].axis == 'z' || is_hadamard(&w->run[i]);
    if (plain) {
        for (int64_t i = 0; i < n; i++) {
            const Single *s = &w->run[i];
            if (is_hadamard(s)) w->turned = !w->turned;
            else if ((s->axis == 'z') != w->turned) add_phase(k, q, s->angle);
            else w->mixing += s->angle;
        }
        return;
    }
    const double none[1] = {0};
    Matrix m = matrix_of(w->turned ? H : ID, none);
    w->turned = is_hadamard(&w->run[n - 1]);
    for (int64_t i = 0; i < n - w->turned; i++) m = times(w->run[i].m, m);
    double abc[3];
    zxz(m, abc);
    choose(k, w, abc);
    add_phase(k, q, abc[2]);
    w->mixing += abc[1];
    add_phase(k, q, abc[0]);
}

static void walk_single(Walk *k, int q, const Single *s) {
    Wire *w = &k->wires[q];
    if (s->off < NOTHING) return;
    if (w->plus) {
        if (!room_for((void **)&w->run, w->n_run, &w->run_room, sizeof(Single))) {
            fail(k, NO_MEMORY);
            return;
        }
        w->run[w->n_run++] = *s;
        return;
    }
    Complex after[2];
    applied(&s->m, w->zero, w->one, after);
    w->zero = after[0], w->one = after[1];
    w->plus = size_of(minus(after[0], after[1])) < NOTHING;
}

static void couple(Walk *k, const Gate *g, int one, int two) {
    int code = g->code == CX_ALIAS ? CX : g->code == CPHASE ? CP : g->code;
    if (k->wires[one].turned && (code == CZ || code == CP)) {
        int old = one;
        one = two, two = old;
    }
    Wire *a = &k->wires[one], *b = &k->wires[two];
    if (a->turned) {
        fail(k, NOT_QAOA);
        return;
    }
    if (b->turned) code = code == CX ? CZ : code == CZ ? CX : code == CRX ? CRZ : ID;
    Sums *phases = &k->layers[a->n_mixers].phases;
    uint64_t both = a->parity ^ b->parity;
    int fits = 1;
    if (code == CX) {
        b->parity = both;
    } else if (code == CZ || code == CP) {
        double angle = code == CZ ? M_PI : g->angle[0];
        fits = add(phases, a->parity, angle / 2) && add(phases, b->parity, angle / 2) &&
               add(phases, both, -angle / 2);
    } else if (code == CRZ) {
        fits = add(phases, b->parity, g->angle[0] / 2) && add(phases, both, -g->angle[0] / 2);
    } else {
        fail(k, NOT_QAOA);
    }
    if (!fits) fail(k, NO_MEMORY);
}

static void walk_gate(Walk *k, const Gate *g) {
    int width = n_qubits_of(g->code);
    if (width > 2) {
        fail(k, NOT_QAOA);
        return;
    }
    Single base = base_of(g);
    int one = g->qubit[0], two = g->qubit[1];
    if (width == 1) {
        walk_single(k, one, &base);
        return;
    }
    if (g->code != SWAP && base.off < NOTHING) {
        Complex phase = turn(phase_of(base.m.a));
        Single s = {{{1, 0}, {0, 0}, {0, 0}, phase}, phase_of(phase), 1.0, 'z'};
        walk_single(k, one, &s);
        return;
    }
    for (int end = 0; end < 2; end++) {
        int q = g->qubit[end];
        close_run(k, q);
        if (!k->failed) close_mixer(k, q);
        if (!k->wires[q].plus) fail(k, NOT_QAOA);
        if (k->failed) return;
    }
    Wire *a = &k->wires[one], *b = &k->wires[two];
    if (a->n_mixers != b->n_mixers) {
        fail(k, NOT_QAOA);
    } else if (g->code == SWAP) {
        uint64_t parity = a->parity;
        int turned = a->turned;
        a->parity = b->parity, b->parity = parity;
        a->turned = b->turned, b->turned = turned;
    } else {
        couple(k, g, one, two);
    }
}

static int bit_length(uint64_t mask) { return mask ? 64 - __builtin_clzll(mask) : 0; }

/* Phases by parities of the qubits as the first layer leaves them; 0 without memory. */
static int seen_from_the_end(const Walk *k, const Layer *layer, Sums *out) {
    uint64_t parity_at[65] = {0}, names_at[65] = {0};
    for (int q = 0; q <= k->n_qubits; q++) {
        int64_t n = q < k->n_qubits ? 1 : layer->phases.size;
        for (int64_t i = 0; i < n; i++) {
            uint64_t bit = (uint64_t)1 << (q & 63), parity, names;
            if (q < k->n_qubits) {
                const Wire *w = &k->wires[q];
                parity = layer->ended >> q & 1 ? layer->ends[q] : w->n_mixers ? bit : w->parity;
                names = bit;
            } else {
                parity = layer->phases.mask[i], names = 0;
            }
            for (int at; parity && parity_at[at = bit_length(parity)];)
                names ^= names_at[at], parity ^= parity_at[at];
            if (q < k->n_qubits)
                parity_at[bit_length(parity)] = parity, names_at[bit_length(parity)] = names;
            else if (!add(out, names, layer->phases.sum[i]))
                return 0;
        }
    }
    return 1;
}

static int is_cost_layer(const Sums *phases, const Sums *terms, double tolerance) {
    for (int64_t i = 0; i < phases->size; i++)
        if (find(terms, phases->mask[i]) < 0 && fabs(wrapped(phases->sum[i])) > tolerance) return 0;
    double *own = malloc(sizeof(double) * (size_t)terms->size);
    if (!own) return NO_MEMORY;
    for (int64_t i = 0; i < terms->size; i++) {
        int64_t at = find(phases, terms->mask[i]);
        own[i] = wrapped(at < 0 ? 0.0 : phases->sum[at]);
    }
    for (int step = 0; step <= 2 * TURNS; step++) { /* 0, -1, 1, -2, 2, ... */
        int turns = step % 2 ? -(step + 1) / 2 : step / 2;
        double twice = (own[0] + 2.0 * M_PI * turns) / terms->sum[0];
        int64_t i = 0;
        while (i < terms->size && fabs(wrapped(own[i] - twice * terms->sum[i])) <= tolerance) i++;
        if (i == terms->size) {
            free(own);
            return 1;
        }
    }
    free(own);
    return 0;
}

static int entangles(const Sums *phases, const Sums *terms, double tolerance) {
    int fields = 1;
    for (int64_t i = 0; i < terms->size; i++) fields &= __builtin_popcountll(terms->mask[i]) == 1;
    for (int64_t i = 0; i < phases->size; i++) {
        if (fields) {
            if (fabs(wrapped(phases->sum[i])) > tolerance) return 1;
        } else if (__builtin_popcountll(phases->mask[i]) > 1 &&
                   fabs(wrapped(2.0 * phases->sum[i])) > 2.0 * tolerance) {
            return 1;
        }
    }
    return 0;
}

/* Number of layers of what was read, by the Hamiltonian's terms, largest first. */
static int64_t depth_of(Walk *k, const Sums *terms, double tolerance) {
    uint64_t used = 0;
    for (int64_t i = 0; i < terms->size; i++) used |= terms->mask[i];
    int64_t depth = -1;
    for (int q = 0; q < k->n_qubits; q++) {
        Wire *w = &k->wires[q];
        close_run(k, q);
        if (!k->failed) close_mixer(k, q);
        if (k->failed) return k->failed;
        int matters = (int)(used >> q & 1);
        if (w->turned || (!w->plus && matters)) return NOT_QAOA;
        if (w->n_mixers && w->parity != (uint64_t)1 << q) return NOT_QAOA;
    }
    const Wire *first = NULL;
    for (int q = 0; q < k->n_qubits; q++) {
        if (!(used >> q & 1)) continue;
        if (depth < 0) depth = k->wires[q].n_mixers, first = &k->wires[q];
        if (k->wires[q].n_mixers != depth) return NOT_QAOA;
    }
    if (depth <= 0) return NOT_QAOA;
    int idle = 1;
    for (int64_t l = 0; l < depth; l++) {
        for (int q = 0; q < k->n_qubits; q++)
            if (used >> q & 1 && fabs(wrapped(k->wires[q].mixers[l] - first->mixers[l])) > tolerance)
                return NOT_QAOA;
        const Layer *layer = &k->layers[l];
        Sums seen = {0};
        const Sums *phases = &layer->phases;
        if (l == 0) {
            phases = &seen;
            if (!seen_from_the_end(k, layer, &seen)) {
                clear(&seen);
                return NO_MEMORY;
            }
        } else {
            for (int q = 0; q < k->n_qubits; q++)
                if (layer->ended >> q & 1 && layer->ends[q] != (uint64_t)1 << q) return NOT_QAOA;
        }
        int fits = is_cost_layer(phases, terms, tolerance);
        idle = idle && fits && !entangles(phases, terms, tolerance);
        clear(&seen);
        if (fits < 1) return fits ? fits : NOT_QAOA;
    }
    return idle ? NOT_QAOA : depth;
}

/* freedom.qaoa_layers: p, NOT_QAOA, or what went wrong. Terms by mask, largest coefficient first. */
int64_t qaoa_layers(const Gate *gates, int64_t n, int32_t n_qubits, const uint64_t *masks,
                    const double *coefficients, int64_t n_terms, double tolerance) {
    if (!is_known(gates, n, n_qubits) || n_terms < 1) return UNKNOWN;
    Walk *k = calloc(1, sizeof(Walk));
    if (!k) return NO_MEMORY;
    Sums terms = {0};
    k->n_qubits = n_qubits;
    for (int q = 0; q < n_qubits; q++)
        k->wires[q].parity = (uint64_t)1 << q, k->wires[q].zero.r = 1.0;
    new_layer(k);
    for (int64_t i = 0; i < n && !k->failed; i++) walk_gate(k, &gates[i]);
    for (int64_t i = 0; i < n_terms && !k->failed; i++)
        if (!add(&terms, masks[i], coefficients[i])) fail(k, NO_MEMORY);
    int64_t found = k->failed ? k->failed : depth_of(k, &terms, tolerance);
    clear(&terms);
    for (int64_t l = 0; l < k->n_layers; l++) clear(&k->layers[l].phases), free(k->layers[l].ends);
    for (int q = 0; q < n_qubits; q++) free(k->wires[q].mixers), free(k->wires[q].run);
    free(k->layers), free(k);
    return found;
}

int64_t sizes_size(void) { return sizeof(Sizes); }

const char *digest(void) { return DIGEST; }
