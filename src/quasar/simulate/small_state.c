/* State vectors of small static circuits, and their energies.

   Gates are those of `circuits/flat_reader.c`, numbered in the order of `circuit.GATES`. Real and
   imaginary parts lie apart, so that loops over pairs of amplitudes run on whole vectors. Sums run
   in one order: the result does not depend on the machine, but for sin and cos. */

#include "vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double angle[4];
    int32_t code, qubit[3];
} Gate;

enum { U, P, X, Y, Z, H, S, SDG, T, TDG, SX, RX, RY, RZ, CX, CY, CZ, CP, CRX, CRY, CRZ, CH, SWAP,
       CCX, CSWAP, CU, CX_ALIAS, PHASE, CPHASE, ID, U1, U2, U3, RZZ };
/* RZZ(a, q, t): CX q, t; RZ(a) t; CX q, t. It is in no text. */

typedef struct { double r, i; } Complex;
typedef struct { Complex a, b, c, d; } Matrix; /* rows (a, b), (c, d) */

typedef struct {
    double *re, *im;
    size_t live; /* all amplitudes from here on are 0 */
} State;

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

/* All pairs (a, b) of amplitudes that differ in `target` alone, bits of `control` set in both. */
#define PAIRS(target, ...)                                                      \
    do {                                                                        \
        size_t half = (size_t)1 << (target);                                    \
        if (half == 1) {                                                        \
            INDEPENDENT for (size_t a = 0; a < live; a += 2) {                  \
                const size_t b = a + 1;                                         \
                __VA_ARGS__                                                            \
            }                                                                   \
        } else {                                                                \
            for (size_t from = 0; from < live; from += 2 * half) {              \
                INDEPENDENT for (size_t k = 0; k < half; k++) {                 \
                    const size_t a = from + k, b = a + half;                    \
                    __VA_ARGS__                                                        \
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
                    __VA_ARGS__                                                        \
                }                                                               \
            }                                                                   \
        }                                                                       \
    } while (0)
#define LOAD const double ar = re[a], ai = im[a], br = re[b], bi = im[b];
#define REAL_BODY                                                               \
    LOAD re[a] = m.a.r * ar + m.b.r * br;                                       \
    im[a] = m.a.r * ai + m.b.r * bi;                                            \
    re[b] = m.c.r * ar + m.d.r * br;                                            \
    im[b] = m.c.r * ai + m.d.r * bi;
#define GENERAL_BODY                                                            \
    LOAD re[a] = (m.a.r * ar - m.a.i * ai) + (m.b.r * br - m.b.i * bi);         \
    im[a] = (m.a.r * ai + m.a.i * ar) + (m.b.r * bi + m.b.i * br);              \
    re[b] = (m.c.r * ar - m.c.i * ai) + (m.d.r * br - m.d.i * bi);              \
    im[b] = (m.c.r * ai + m.c.i * ar) + (m.d.r * bi + m.d.i * br);
#define TURN_X_BODY /* cos(angle/2) on the diagonal, -i sin(angle/2) beside it */ \
    LOAD re[a] = c * ar + s * bi;                                               \
    im[a] = c * ai - s * br;                                                    \
    re[b] = c * br + s * ai;                                                    \
    im[b] = c * bi - s * ar;
#define EXCHANGE_BODY                                                           \
    LOAD re[a] = br;                                                            \
    im[a] = bi;                                                                 \
    re[b] = ar;                                                                 \
    im[b] = ai;

#define USE_STATE                                                               \
    double *restrict re = v->re, *restrict im = v->im;                          \
    const size_t live = v->live;

static void apply(State *v, int q, Matrix m) {
    USE_STATE
    if (m.a.i == 0 && m.b.i == 0 && m.c.i == 0 && m.d.i == 0) {
        PAIRS(q, REAL_BODY);
    } else {
        PAIRS(q, GENERAL_BODY);
    }
}

static void apply_controlled(State *v, int control, int q, Matrix m) {
    USE_STATE
    if (m.a.i == 0 && m.b.i == 0 && m.c.i == 0 && m.d.i == 0) {
        CONTROLLED_PAIRS(control, q, REAL_BODY);
    } else {
        CONTROLLED_PAIRS(control, q, GENERAL_BODY);
    }
}

static void turn_x(State *v, int q, double angle) {
    USE_STATE
    const double c = cos(angle / 2), s = sin(angle / 2);
    PAIRS(q, TURN_X_BODY);
}

static void exchange(State *v, int q) {
    USE_STATE
    PAIRS(q, EXCHANGE_BODY);
}

static void exchange_controlled(State *v, int control, int q) {
    USE_STATE
    CONTROLLED_PAIRS(control, q, EXCHANGE_BODY);
}

/* Where qubit q is 1, multiply by a phase. */
static void phase(State *v, int q, Complex p) {
    USE_STATE
    PAIRS(q, {
        const double br = re[b], bi = im[b];
        (void)a;
        re[b] = p.r * br - p.i * bi;
        im[b] = p.r * bi + p.i * br;
    });
}

/* Where the control is 1, multiply by a phase each where the target is 0 and 1. */
static void phases_controlled(State *v, int control, int q, Complex low_p, Complex high_p) {
    USE_STATE
    CONTROLLED_PAIRS(control, q, {
        LOAD re[a] = low_p.r * ar - low_p.i * ai;
        im[a] = low_p.r * ai + low_p.i * ar;
        re[b] = high_p.r * br - high_p.i * bi;
        im[b] = high_p.r * bi + high_p.i * br;
    });
}

static void phase_controlled(State *v, int control, int q, Complex p) {
    USE_STATE
    CONTROLLED_PAIRS(control, q, {
        const double br = re[b], bi = im[b];
        (void)a;
        re[b] = p.r * br - p.i * bi;
        im[b] = p.r * bi + p.i * br;
    });
}

/* Where all bits of `on` are set, swap amplitudes that differ in the bits of `differ`, of which
   those of `first` are set in the first. */
static void exchange_masked(State *v, size_t on, size_t differ, size_t first) {
    USE_STATE
    for (size_t a = 0; a < live; a++) {
        if ((a & on) != on || (a & differ) != first) continue;
        const size_t b = a ^ differ;
        EXCHANGE_BODY
    }
}

/* Where two qubits differ, multiply by a phase. */
static void phase_of_parity(State *v, int q, int to, Complex p) {
    USE_STATE
    const size_t first = (size_t)1 << q, second = (size_t)1 << to;
    const size_t low = first < second ? first : second, high = first < second ? second : first;
    for (size_t from = 0; from < live; from += 2 * high) {
        for (size_t part = from; part < from + high; part += 2 * low) {
            INDEPENDENT for (size_t k = 0; k < low; k++) {
                const size_t a = part + k + low, b = part + k + high;
                LOAD re[a] = p.r * ar - p.i * ai;
                im[a] = p.r * ai + p.i * ar;
                re[b] = p.r * br - p.i * bi;
                im[b] = p.r * bi + p.i * br;
            }
        }
    }
}

static int run(State *v, const Gate *gate, size_t size) {
    const double *t = gate->angle;
    const int q = gate->qubit[0], to = gate->qubit[1], third = gate->qubit[2];
    for (int i = 0; i < 3; i++)
        while (v->live >> gate->qubit[i] < 2 && v->live < size) v->live *= 2;
    switch (gate->code) {
    case ID: return 0;
    case H: apply(v, q, (Matrix){{ROOT, 0}, {ROOT, 0}, {ROOT, 0}, {-ROOT, 0}}); return 0;
    case X: exchange(v, q); return 0;
    case Y: apply(v, q, (Matrix){{0, 0}, {0, -1}, {0, 1}, {0, 0}}); return 0;
    case Z: phase(v, q, (Complex){-1, 0}); return 0;
    case S: phase(v, q, (Complex){0, 1}); return 0;
    case SDG: phase(v, q, (Complex){0, -1}); return 0;
    case T: phase(v, q, (Complex){ROOT, ROOT}); return 0;
    case TDG: phase(v, q, (Complex){ROOT, -ROOT}); return 0;
    case SX: apply(v, q, (Matrix){{.5, .5}, {.5, -.5}, {.5, -.5}, {.5, .5}}); return 0;
    case RX: turn_x(v, q, t[0]); return 0;
    case RY: {
        double c = cos(t[0] / 2), s = sin(t[0] / 2);
        apply(v, q, (Matrix){{c, 0}, {-s, 0}, {s, 0}, {c, 0}});
        return 0;
    }
    case RZ: case P: case PHASE: case U1: phase(v, q, turn(t[0])); return 0;
    case U: case U3: apply(v, q, u_matrix(t[0], t[1], t[2])); return 0;
    case U2: apply(v, q, u_matrix(1.57079632679489661923, t[0], t[1])); return 0;
    case CX: case CX_ALIAS: exchange_controlled(v, q, to); return 0;
    case CY: apply_controlled(v, q, to, (Matrix){{0, 0}, {0, -1}, {0, 1}, {0, 0}}); return 0;
    case CZ: phase_controlled(v, q, to, (Complex){-1, 0}); return 0;
    case CP: case CPHASE: phase_controlled(v, q, to, turn(t[0])); return 0;
    case CRZ: phases_controlled(v, q, to, turn(-t[0] / 2), turn(t[0] / 2)); return 0;
    case CRX: {
        double c = cos(t[0] / 2), s = sin(t[0] / 2);
        apply_controlled(v, q, to, (Matrix){{c, 0}, {0, -s}, {0, -s}, {c, 0}});
        return 0;
    }
    case CRY: {
        double c = cos(t[0] / 2), s = sin(t[0] / 2);
        apply_controlled(v, q, to, (Matrix){{c, 0}, {-s, 0}, {s, 0}, {c, 0}});
        return 0;
    }
    case CH:
        apply_controlled(v, q, to, (Matrix){{ROOT, 0}, {ROOT, 0}, {ROOT, 0}, {-ROOT, 0}});
        return 0;
    case CU: {
        Matrix m = u_matrix(t[0], t[1], t[2]);
        Complex g = turn(t[3]);
        m = (Matrix){times(g, m.a), times(g, m.b), times(g, m.c), times(g, m.d)};
        apply_controlled(v, q, to, m);
        return 0;
    }
    case RZZ: phase_of_parity(v, q, to, turn(t[0])); return 0;
    case SWAP:
        exchange_masked(v, 0, (size_t)1 << q | (size_t)1 << to, (size_t)1 << q);
        return 0;
    case CCX: {
        size_t target = (size_t)1 << third;
        exchange_masked(v, (size_t)1 << q | (size_t)1 << to, target, target);
        return 0;
    }
    case CSWAP:
        exchange_masked(v, (size_t)1 << q, (size_t)1 << to | (size_t)1 << third, (size_t)1 << to);
        return 0;
    default: return 1;
    }
}

double *room(size_t count) {
    static _Thread_local double *kept;
    static _Thread_local size_t kept_count;
    if (count > kept_count) {
        free(kept);
        kept = malloc(count * sizeof(double));
        kept_count = kept ? count : 0;
    }
    return kept;
}

/* Gates one after another on a state; whether one is not known. */
WIDE static int run_all(State *v, const Gate *gates, int64_t n_gates, size_t size) {
    for (int64_t k = 0; k < n_gates; k++)
        if (run(v, &gates[k], size)) return 1;
    return 0;
}

/* Distribution of a state; its sum. */
WIDE static double distribution(const State *v, size_t size, double *restrict probabilities) {
    const double *restrict re = v->re, *restrict im = v->im;
    double total[4] = {0.0, 0.0, 0.0, 0.0};
    size_t k = 0;
    for (; k + 4 <= size; k += 4) {
        for (int i = 0; i < 4; i++) {
            const double p = re[k + i] * re[k + i] + im[k + i] * im[k + i];
            probabilities[k + i] = p;
            total[i] += p;
        }
    }
    for (; k < size; k++) {
        probabilities[k] = re[k] * re[k] + im[k] * im[k];
        total[k & 3] += probabilities[k];
    }
    return (total[0] + total[1]) + (total[2] + total[3]);
}

/* The distribution of a circuit, 2**n probabilities, and their sum.

   state: 2 * 2**n doubles, real and imaginary parts in turn; NULL where they are not asked for.
   Returns -1 for a gate or qubit that there is not; -2 where memory ran out. */
double run_gates(const Gate *gates, int64_t n_gates, int32_t n, double *state,
                 double *probabilities) {
    size_t size = (size_t)1 << n;
    if (n < 1 || n > 24) return -1;
    double *parts = room(2 * size);
    if (!parts) return -2;
    for (int64_t k = 0; k < n_gates; k++)
        for (int i = 0; i < 3; i++)
            if (gates[k].qubit[i] < 0 || gates[k].qubit[i] >= n) return -1;
    memset(parts, 0, 2 * size * sizeof(double));
    State v = {parts, parts + size, 1};
    v.re[0] = 1.0;
    if (run_all(&v, gates, n_gates, size)) return -1;
    if (state) {
        for (size_t k = 0; k < size; k++) {
            state[2 * k] = v.re[k];
            state[2 * k + 1] = v.im[k];
        }
    }
    return distribution(&v, size, probabilities);
}

/* The part of a circuit that stays: its state with the parts apart, 2 * 2**n doubles.

   Returns as `run_gates`; live: of `State`. */
int run_start(const Gate *gates, int64_t n_gates, int32_t n, double *parts, int64_t *live) {
    size_t size = (size_t)1 << n;
    State v = {parts, parts + size, 1};
    memset(parts, 0, 2 * size * sizeof(double));
    v.re[0] = 1.0;
    if (run_all(&v, gates, n_gates, size)) return 1;
    *live = (int64_t)v.live;
    return 0;
}

WIDE static double mean_energy(const State *v, size_t size, const double *restrict energy) {
    const double *restrict re = v->re, *restrict im = v->im;
    double total[4] = {0.0, 0.0, 0.0, 0.0};
    size_t k = 0;
    for (; k + 4 <= size; k += 4)
        for (int i = 0; i < 4; i++)
            total[i] += (re[k + i] * re[k + i] + im[k + i] * im[k + i]) * energy[k + i];
    for (; k < size; k++) total[k & 3] += (re[k] * re[k] + im[k] * im[k]) * energy[k];
    return (total[0] + total[1]) + (total[2] + total[3]);
}

/* The mean energy behind the gates, which act on the state of `run_start`.

   Angle of gate slot_gate[j]: slot_scale[j] * theta[slot_parameter[j]]. Gates and qubits are known
   to be there. */
int run_energy(Gate *gates, int64_t n_gates, int32_t n, const double *start, int64_t live,
               const int32_t *slot_gate, const int32_t *slot_parameter, const double *slot_scale,
               int64_t n_slots, const double *theta, const double *energy, double *out) {
    size_t size = (size_t)1 << n;
    double *parts = room(2 * size);
    if (!parts) return 2;
    State v = {parts, parts + size, (size_t)live};
    memcpy(parts, start, 2 * size * sizeof(double));
    for (int64_t j = 0; j < n_slots; j++)
        gates[slot_gate[j]].angle[0] = slot_scale[j] * theta[slot_parameter[j]];
    if (run_all(&v, gates, n_gates, size)) return 1;
    *out = mean_energy(&v, size, energy);
    return 0;
}

const char *digest(void) { return DIGEST; }
