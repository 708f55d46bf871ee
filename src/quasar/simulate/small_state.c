/* State vectors of static circuits, their distributions and energies; see `state.h`. */

#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* See `vectors.h`. */
static _Thread_local double *kept;
static _Thread_local size_t kept_count;

double *room(size_t count) {
    if (count > kept_count) {
        free(kept);
        kept = malloc(count * sizeof(double));
        kept_count = kept ? count : 0;
    }
    return kept;
}

void leave(void) {
    if (kept_count <= MOST_KEPT) return;
    free(kept);
    kept = NULL;
    kept_count = 0;
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
    if (n < 1 || n > MOST_QUBITS) return -1;
    for (int64_t k = 0; k < n_gates; k++)
        for (int i = 0; i < 3; i++)
            if (gates[k].qubit[i] < 0 || gates[k].qubit[i] >= n) return -1;
    double *parts = room(2 * size);
    if (!parts) return -2;
    memset(parts, 0, 2 * size * sizeof(double));
    State v = {parts, parts + size, 1};
    v.re[0] = 1.0;
    if (run_all(&v, gates, n_gates, n)) {
        leave();
        return -1;
    }
    if (state) {
        for (size_t k = 0; k < size; k++) {
            state[2 * k] = v.re[k];
            state[2 * k + 1] = v.im[k];
        }
    }
    const double total = distribution(&v, size, probabilities);
    leave();
    return total;
}

/* The part of a circuit that stays: its state with the parts apart, 2 * 2**n doubles.

   Returns as `run_gates`; live: of `State`. */
int run_start(const Gate *gates, int64_t n_gates, int32_t n, double *parts, int64_t *live) {
    size_t size = (size_t)1 << n;
    State v = {parts, parts + size, 1};
    memset(parts, 0, 2 * size * sizeof(double));
    v.re[0] = 1.0;
    if (run_all(&v, gates, n_gates, n)) return 1;
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
    const int unknown = run_all(&v, gates, n_gates, n);
    if (!unknown) *out = mean_energy(&v, size, energy);
    leave();
    return unknown;
}

const char *digest(void) { return DIGEST; }
