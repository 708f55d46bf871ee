/* Gates on state vectors; see `state.h`.

   A gate becomes a step with its matrix. Large states are passed over in blocks that stay in the
   cache: a block holds the amplitudes that differ in a few qubits alone, and all steps that mix no
   others are done on it before the next block is fetched. Every amplitude goes through the same
   operations in the same order either way. */

#include "state.h"

#include <math.h>
#include <string.h>

enum { U, P, X, Y, Z, H, S, SDG, T, TDG, SX, RX, RY, RZ, CX, CY, CZ, CP, CRX, CRY, CRZ, CH, SWAP,
       CCX, CSWAP, CU, CX_ALIAS, PHASE, CPHASE, ID, U1, U2, U3, RZZ };
/* RZZ(a, q, t): CX q, t; RZ(a) t; CX q, t. It is in no text. */

typedef struct { double r, i; } Complex;
typedef struct { Complex a, b, c, d; } Matrix; /* rows (a, b), (c, d) */

/* What a step does, where its control is set:
   MIX: a matrix; MIX_REAL: one of real numbers; MIX_H: Hadamard's; TURN_X: cos on the diagonal, -i sin beside it;
   EXCHANGE: X; TURN: a phase where the qubit is 1; TURN_BOTH: a phase each where it is 0 and 1;
   TURN_UNLIKE: a phase where the qubit and `other` differ; TURN_ALL: a phase everywhere;
   SWAP_MASKED: where all bits of `on` are set, swap amplitudes that differ in the bits of `differ`,
   of which those of `first` are set in the first. */
typedef enum { NOTHING, MIX, MIX_REAL, MIX_H, TURN_X, EXCHANGE, TURN, TURN_BOTH, TURN_UNLIKE, TURN_ALL,
               SWAP_MASKED } Kind;

typedef struct {
    Kind kind;
    int control, q, other; /* a qubit, or -1 */
    Matrix m;              /* phases: m.a, m.d; TURN_X: cos m.a.r, sin m.b.r */
    size_t on, differ, first;
} Step;

static const double ROOT = 0.70710678118654752440; /* 1/sqrt(2) */

static Complex turn(double angle) { return (Complex){cos(angle), sin(angle)}; }
static Complex times(Complex x, Complex y) {
    return (Complex){x.r * y.r - x.i * y.i, x.r * y.i + x.i * y.r};
}

/* U(theta, phi, lambda) without its global phase. */
static Matrix u_matrix(double theta, double phi, double lambda) {
    double c = cos(theta / 2), s = sin(theta / 2);
    Complex l = turn(lambda), f = turn(phi), both = turn(phi + lambda);
    return (Matrix){{c, 0}, {-s * l.r, -s * l.i}, {s * f.r, s * f.i}, {c * both.r, c * both.i}};
}

/* --- steps -------------------------------------------------------------------------------------- */

static Step mix(int control, int q, Matrix m) {
    int real = m.a.i == 0 && m.b.i == 0 && m.c.i == 0 && m.d.i == 0;
    return (Step){.kind = real ? MIX_REAL : MIX, .control = control, .q = q, .other = -1, .m = m};
}
static Step hadamard(int control, int q) {
    return (Step){.kind = MIX_H, .control = control, .q = q, .other = -1};
}
static Step turning(int control, int q, Complex p) {
    return (Step){.kind = TURN, .control = control, .q = q, .other = -1, .m = {.d = p}};
}
static Step exchanging(int control, int q) {
    return (Step){.kind = EXCHANGE, .control = control, .q = q, .other = -1};
}
static Step swapping(size_t on, size_t differ, size_t first) {
    return (Step){.kind = SWAP_MASKED, .control = -1, .q = -1, .other = -1, .on = on,
                  .differ = differ, .first = first};
}

/* The phase of a gate that turns one qubit; whether it is one. */
static int phase_of(const Gate *gate, Complex *p) {
    switch (gate->code) {
    case Z: *p = (Complex){-1, 0}; return 1;
    case S: *p = (Complex){0, 1}; return 1;
    case SDG: *p = (Complex){0, -1}; return 1;
    case T: *p = (Complex){ROOT, ROOT}; return 1;
    case TDG: *p = (Complex){ROOT, -ROOT}; return 1;
    case RZ: case P: case PHASE: case U1: *p = turn(gate->angle[0]); return 1;
    default: return 0;
    }
}

/* The step of a gate; whether it is not known. */
static int step_of(const Gate *gate, Step *out) {
    const double *t = gate->angle;
    const int q = gate->qubit[0], to = gate->qubit[1], third = gate->qubit[2];
    const size_t one = 1;
    Complex p;
    if (phase_of(gate, &p)) {
        *out = turning(-1, q, p);
        return 0;
    }
    double c = cos(t[0] / 2), s = sin(t[0] / 2);
    switch (gate->code) {
    case ID: *out = (Step){.kind = NOTHING, .control = -1, .q = -1, .other = -1}; return 0;
    case H: *out = hadamard(-1, q); return 0;
    case X: *out = exchanging(-1, q); return 0;
    case Y: *out = mix(-1, q, (Matrix){{0, 0}, {0, -1}, {0, 1}, {0, 0}}); return 0;
    case SX: *out = mix(-1, q, (Matrix){{.5, .5}, {.5, -.5}, {.5, -.5}, {.5, .5}}); return 0;
    case RX:
        *out = (Step){.kind = TURN_X, .control = -1, .q = q, .other = -1,
                      .m = {.a = {c, 0}, .b = {s, 0}}};
        return 0;
    case RY: *out = mix(-1, q, (Matrix){{c, 0}, {-s, 0}, {s, 0}, {c, 0}}); return 0;
    case U: case U3: *out = mix(-1, q, u_matrix(t[0], t[1], t[2])); return 0;
    case U2: *out = mix(-1, q, u_matrix(1.57079632679489661923, t[0], t[1])); return 0;
    case CX: case CX_ALIAS: *out = exchanging(q, to); return 0;
    case CY: *out = mix(q, to, (Matrix){{0, 0}, {0, -1}, {0, 1}, {0, 0}}); return 0;
    case CZ: *out = turning(q, to, (Complex){-1, 0}); return 0;
    case CP: case CPHASE: *out = turning(q, to, turn(t[0])); return 0;
    case CRZ:
        *out = (Step){.kind = TURN_BOTH, .control = q, .q = to, .other = -1,
                      .m = {.a = turn(-t[0] / 2), .d = turn(t[0] / 2)}};
        return 0;
    case CRX: *out = mix(q, to, (Matrix){{c, 0}, {0, -s}, {0, -s}, {c, 0}}); return 0;
    case CRY: *out = mix(q, to, (Matrix){{c, 0}, {-s, 0}, {s, 0}, {c, 0}}); return 0;
    case CH: *out = hadamard(q, to); return 0;
    case CU: {
        Matrix m = u_matrix(t[0], t[1], t[2]);
        Complex g = turn(t[3]);
        *out = mix(q, to, (Matrix){times(g, m.a), times(g, m.b), times(g, m.c), times(g, m.d)});
        return 0;
    }
    case RZZ:
        *out = (Step){.kind = TURN_UNLIKE, .control = -1, .q = q, .other = to,
                      .m = {.d = turn(t[0])}};
        return 0;
    case SWAP: *out = swapping(0, one << q | one << to, one << q); return 0;
    case CCX: *out = swapping(one << q | one << to, one << third, one << third); return 0;
    case CSWAP: *out = swapping(one << q, one << to | one << third, one << to); return 0;
    default: return 1;
    }
}

static int is_cx(const Gate *gate) { return gate->code == CX || gate->code == CX_ALIAS; }

/* The step of the next gate, or of the next three where they are CX, a phase of the target, CX:
   those turn where the two qubits differ. How many gates that were; 0: one is not known. */
static int next_step(const Gate *gates, int64_t left, Step *out) {
    const int q = gates[0].qubit[0], to = gates[0].qubit[1];
    Complex p;
    if (left >= 3 && is_cx(&gates[0]) && is_cx(&gates[2]) && gates[1].qubit[0] == to &&
        gates[2].qubit[0] == q && gates[2].qubit[1] == to && phase_of(&gates[1], &p)) {
        *out = (Step){.kind = TURN_UNLIKE, .control = -1, .q = q, .other = to, .m = {.d = p}};
        return 3;
    }
    return step_of(gates, out) ? 0 : 1;
}

/* Qubits whose values a step mixes: all others it only looks at. */
static size_t mixed(const Step *step) {
    switch (step->kind) {
    case MIX: case MIX_REAL: case MIX_H: case TURN_X: case EXCHANGE: return (size_t)1 << step->q;
    case SWAP_MASKED: return step->differ;
    default: return 0;
    }
}

/* --- loops -------------------------------------------------------------------------------------- */

/* All pairs (a, b) of amplitudes that differ in `target` alone, bits of `control` set in both. */
#define PAIRS(target, ...)                                                      \
    do {                                                                        \
        size_t half = (size_t)1 << (target);                                    \
        if (half == 1) {                                                        \
            INDEPENDENT for (size_t a = 0; a < live; a += 2) {                  \
                const size_t b = a + 1;                                         \
                __VA_ARGS__                                                     \
            }                                                                   \
        } else if (half == 2) {                                                 \
            INDEPENDENT for (size_t from = 0; from < live; from += 4) {         \
                {                                                               \
                    const size_t a = from, b = from + 2;                        \
                    __VA_ARGS__                                                 \
                }                                                               \
                {                                                               \
                    const size_t a = from + 1, b = from + 3;                    \
                    __VA_ARGS__                                                 \
                }                                                               \
            }                                                                   \
        } else {                                                                \
            for (size_t from = 0; from < live; from += 2 * half) {              \
                INDEPENDENT for (size_t k = 0; k < half; k++) {                 \
                    const size_t a = from + k, b = a + half;                    \
                    __VA_ARGS__                                                 \
                }                                                               \
            }                                                                   \
        }                                                                       \
    } while (0)
#define CONTROLLED_PAIRS(control, target, ...)                                  \
    do {                                                                        \
        size_t on = (size_t)1 << (control), half = (size_t)1 << (target);       \
        size_t low = on < half ? on : half, high = on < half ? half : on;       \
        for (size_t from = on; from < live; from += 2 * high) {                 \
            for (size_t part = from; part < from + high; part += 2 * low) {     \
                INDEPENDENT for (size_t k = 0; k < low; k++) {                  \
                    const size_t a = part + k, b = a + half;                    \
                    __VA_ARGS__                                                 \
                }                                                               \
            }                                                                   \
        }                                                                       \
    } while (0)
#define ALL_PAIRS(...)                                                          \
    do {                                                                        \
        if (step->control < 0)                                                  \
            PAIRS(step->q, __VA_ARGS__);                                        \
        else                                                                    \
            CONTROLLED_PAIRS(step->control, step->q, __VA_ARGS__);              \
    } while (0)
#define LOAD const double ar = re[a], ai = im[a], br = re[b], bi = im[b];
#define TURN_AT(k, phase, real, imaginary)                                      \
    re[k] = phase.r * real - phase.i * imaginary;                               \
    im[k] = phase.r * imaginary + phase.i * real;

static void turn_unlike(State *v, int q, int other, Complex p) {
    double *restrict re = v->re, *restrict im = v->im;
    const size_t live = v->live, first = (size_t)1 << q, second = (size_t)1 << other;
    const size_t low = first < second ? first : second, high = first < second ? second : first;
    for (size_t from = 0; from < live; from += 2 * high) {
        for (size_t part = from; part < from + high; part += 2 * low) {
            INDEPENDENT for (size_t k = 0; k < low; k++) {
                const size_t a = part + k + low, b = part + k + high;
                LOAD
                TURN_AT(a, p, ar, ai)
                TURN_AT(b, p, br, bi)
            }
        }
    }
}

static void swap_masked(State *v, size_t on, size_t differ, size_t first) {
    double *restrict re = v->re, *restrict im = v->im;
    for (size_t a = 0; a < v->live; a++) {
        if ((a & on) != on || (a & differ) != first) continue;
        const size_t b = a ^ differ;
        LOAD
        re[a] = br;
        im[a] = bi;
        re[b] = ar;
        im[b] = ai;
    }
}

/* Do a step on a state that holds all its qubits. */
WIDE static void apply(State *v, const Step *step, size_t size) {
    size_t qubits = mixed(step) | step->on;
    if (step->control >= 0) qubits |= (size_t)1 << step->control;
    if (step->q >= 0) qubits |= (size_t)1 << step->q;
    if (step->other >= 0) qubits |= (size_t)1 << step->other;
    while (v->live <= qubits && v->live < size) v->live *= 2;
    double *restrict re = v->re, *restrict im = v->im;
    const size_t live = v->live;
    const Matrix m = step->m;
    switch (step->kind) {
    case MIX:
        ALL_PAIRS({
            LOAD
            re[a] = (m.a.r * ar - m.a.i * ai) + (m.b.r * br - m.b.i * bi);
            im[a] = (m.a.r * ai + m.a.i * ar) + (m.b.r * bi + m.b.i * br);
            re[b] = (m.c.r * ar - m.c.i * ai) + (m.d.r * br - m.d.i * bi);
            im[b] = (m.c.r * ai + m.c.i * ar) + (m.d.r * bi + m.d.i * br);
        });
        return;
    case MIX_REAL:
        ALL_PAIRS({
            LOAD
            re[a] = m.a.r * ar + m.b.r * br;
            im[a] = m.a.r * ai + m.b.r * bi;
            re[b] = m.c.r * ar + m.d.r * br;
            im[b] = m.c.r * ai + m.d.r * bi;
        });
        return;
    case MIX_H:
        ALL_PAIRS({
            const double ar = ROOT * re[a], ai = ROOT * im[a], br = ROOT * re[b], bi = ROOT * im[b];
            re[a] = ar + br;
            im[a] = ai + bi;
            re[b] = ar - br;
            im[b] = ai - bi;
        });
        return;
    case TURN_X: {
        const double c = m.a.r, s = m.b.r;
        PAIRS(step->q, {
            LOAD
            re[a] = c * ar + s * bi;
            im[a] = c * ai - s * br;
            re[b] = c * br + s * ai;
            im[b] = c * bi - s * ar;
        });
        return;
    }
    case EXCHANGE:
        ALL_PAIRS({
            LOAD
            re[a] = br;
            im[a] = bi;
            re[b] = ar;
            im[b] = ai;
        });
        return;
    case TURN:
        ALL_PAIRS({
            const double br = re[b], bi = im[b];
            (void)a;
            TURN_AT(b, m.d, br, bi)
        });
        return;
    case TURN_BOTH:
        ALL_PAIRS({
            LOAD
            TURN_AT(a, m.a, ar, ai)
            TURN_AT(b, m.d, br, bi)
        });
        return;
    case TURN_UNLIKE: turn_unlike(v, step->q, step->other, m.d); return;
    case TURN_ALL:
        INDEPENDENT for (size_t k = 0; k < live; k++) {
            const double r = re[k], i = im[k];
            TURN_AT(k, m.d, r, i)
        }
        return;
    case SWAP_MASKED: swap_masked(v, step->on, step->differ, step->first); return;
    case NOTHING: return;
    }
}

/* --- blocks ------------------------------------------------------------------------------------- */

enum {
    BLOCK = 12, /* qubits of a block: 64 KiB of amplitudes */
    ROW = 6,    /* the lowest of them, which every block has: amplitudes side by side */
    TOGETHER = 128
};

/* Steps that are done together, and the qubits of their blocks. */
typedef struct {
    Step steps[TOGETHER];
    int n_steps;
    size_t qubits; /* bit mask */
} Group;

static size_t in_block(size_t mask, const int *place) {
    size_t found = 0;
    for (; mask; mask &= mask - 1) found |= (size_t)1 << place[__builtin_ctzll(mask)];
    return found;
}

/* A step as it is on one block; whether there is anything to do.

   place: of each qubit in the block, -1 for those that are not in it; outer: the values of those. */
static int on_block(const Step *step, const int *place, size_t outer, Step *out) {
    *out = *step;
    if (step->kind == SWAP_MASKED) {
        size_t inside = 0;
        for (size_t rest = step->on; rest; rest &= rest - 1) {
            int q = __builtin_ctzll(rest);
            if (place[q] >= 0)
                inside |= (size_t)1 << q;
            else if (!(outer >> q & 1))
                return 0;
        }
        out->on = in_block(inside, place);
        out->differ = in_block(step->differ, place);
        out->first = in_block(step->first, place);
        return 1;
    }
    if (step->control >= 0) {
        out->control = place[step->control];
        if (out->control < 0 && !(outer >> step->control & 1)) return 0;
    }
    if (step->q < 0) return 0;
    out->q = place[step->q];
    const int set = out->q < 0 && (outer >> step->q & 1);
    if (step->kind == TURN_UNLIKE) {
        out->other = place[step->other];
        if (out->q >= 0 && out->other >= 0) return 1;
        if (out->q < 0 && out->other < 0) {
            out->kind = TURN_ALL;
            return set != (int)(outer >> step->other & 1);
        }
        const int known = out->q < 0 ? set : (int)(outer >> step->other & 1);
        const Complex p = step->m.d, none = {1.0, 0.0};
        /* Where the known one is 1, those turn where the other is 0. */
        *out = (Step){.kind = known ? TURN_BOTH : TURN, .control = -1,
                      .q = out->q < 0 ? out->other : out->q, .other = -1,
                      .m = {.a = known ? p : none, .d = known ? none : p}};
        return 1;
    }
    if (out->q >= 0) return 1;
    if (step->kind == TURN_BOTH)
        out->m.d = set ? step->m.d : step->m.a;
    else if (!set) /* TURN: steps that mix have their qubit in the block */
        return 0;
    out->kind = out->control < 0 ? TURN_ALL : TURN;
    out->q = out->control;
    out->control = -1;
    return 1;
}

/* Do the steps of a group, block after block. */
static void run_group(State *v, Group *group, int n, double *room) {
    for (int q = 0; __builtin_popcountll(group->qubits) < BLOCK; q++)
        group->qubits |= (size_t)1 << q;
    int place[MOST_QUBITS], row = 0, held = 0, live_inside = 0;
    size_t live = v->live;
    for (int k = 0; k < group->n_steps; k++)
        while (live <= mixed(&group->steps[k])) live *= 2;
    for (int q = 0; q < n; q++) {
        place[q] = group->qubits >> q & 1 ? held++ : -1;
        if (place[q] == q) row = q + 1;
        if (place[q] >= 0 && v->live >> q > 1) live_inside++;
    }
    const size_t length = (size_t)1 << row, block = (size_t)1 << BLOCK;
    const size_t inner = group->qubits & ~(length - 1), outer = (v->live - 1) & ~group->qubits;
    size_t at = 0;
    do {
        State part = {v->re + at, v->im + at, (size_t)1 << live_inside};
        if (row < BLOCK) {
            part.re = room;
            part.im = room + block;
            for (size_t k = 0, from = 0; k < block; k += length, from = (from - inner) & inner) {
                memcpy(part.re + k, v->re + at + from, length * sizeof(double));
                memcpy(part.im + k, v->im + at + from, length * sizeof(double));
            }
        }
        for (int k = 0; k < group->n_steps; k++) {
            Step step;
            if (on_block(&group->steps[k], place, at, &step)) apply(&part, &step, block);
        }
        for (size_t k = 0, from = 0; row < BLOCK && k < block;
             k += length, from = (from - inner) & inner) {
            memcpy(v->re + at + from, part.re + k, length * sizeof(double));
            memcpy(v->im + at + from, part.im + k, length * sizeof(double));
        }
        at = (at - outer) & outer;
    } while (at);
    v->live = live;
}

int run_all(State *v, const Gate *gates, int64_t n_gates, int n) {
    const size_t size = (size_t)1 << n;
    Step step;
    if (n <= BLOCK) {
        for (int64_t k = 0; k < n_gates;) {
            const int taken = next_step(gates + k, n_gates - k, &step);
            if (!taken) return 1;
            apply(v, &step, size);
            k += taken;
        }
        return 0;
    }
    static _Thread_local double room[2 << BLOCK];
    Group group = {.n_steps = 0, .qubits = ((size_t)1 << ROW) - 1};
    for (int64_t k = 0; k < n_gates;) {
        const int taken = next_step(gates + k, n_gates - k, &step);
        if (!taken) return 1;
        k += taken;
        const size_t qubits = group.qubits | mixed(&step);
        if (group.n_steps == TOGETHER || __builtin_popcountll(qubits) > BLOCK) {
            run_group(v, &group, n, room);
            group.n_steps = 0;
            group.qubits = (((size_t)1 << ROW) - 1) | mixed(&step);
        } else {
            group.qubits = qubits;
        }
        group.steps[group.n_steps++] = step;
    }
    if (group.n_steps) run_group(v, &group, n, room);
    return 0;
}
