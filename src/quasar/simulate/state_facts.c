/* How far each qubit of a state is entangled with the others, as `state_facts.py` has it. */

#include "vectors.h"

enum { LANES = 4 };

static double sum_of(const double *lane) { return (lane[0] + lane[1]) + (lane[2] + lane[3]); }

/* 1 - Tr rho^2 of qubit q; trace: of the state. */
static inline double impurity(const double *restrict re, const double *restrict im, size_t size,
                              size_t half, double trace) {
    double excited[LANES] = {0.0}, real[LANES] = {0.0}, imaginary[LANES] = {0.0};
#define ADD(i, at)                                                              \
    do {                                                                        \
        const size_t a = (at), b = a + half;                                    \
        excited[i] += re[b] * re[b] + im[b] * im[b];                            \
        real[i] += re[a] * re[b] + im[a] * im[b];                               \
        imaginary[i] += re[a] * im[b] - im[a] * re[b];                          \
    } while (0)
    if (half >= LANES) {
        for (size_t from = 0; from < size; from += 2 * half)
            for (size_t k = from; k < from + half; k += LANES)
                for (int i = 0; i < LANES; i++) ADD(i, k + (size_t)i);
    } else {
        for (size_t from = 0; from < size; from += 2 * half)
            for (size_t k = 0; k < half; k++) ADD((from / (2 * half) + k) & 3, from + k);
    }
#undef ADD
    const double one = sum_of(excited), r = sum_of(real), i = sum_of(imaginary);
    const double determinant = one * (trace - one) - (r * r + i * i);
    return 2.0 * (determinant > 0.0 ? determinant : 0.0) / (trace * trace);
}

WIDE static void all_impurities(const double *restrict re, const double *restrict im, size_t size,
                                double *out) {
    double trace[LANES] = {0.0};
    for (size_t k = 0; k < size; k++) trace[k & 3] += re[k] * re[k] + im[k] * im[k];
    for (size_t half = 1; half < size; half *= 2)
        *out++ = impurity(re, im, size, half, sum_of(trace));
}

/* By qubit 1 - Tr rho^2; state: 2 * 2**n doubles, real and imaginary parts in turn.

   Returns 1 where memory ran out. */
int impurities(const double *state, int32_t n, double *out) {
    const size_t size = (size_t)1 << n;
    double *parts = room(2 * size);
    if (!parts) return 1;
    for (size_t k = 0; k < size; k++) {
        parts[k] = state[2 * k];
        parts[size + k] = state[2 * k + 1];
    }
    all_impurities(parts, parts + size, size, out);
    leave();
    return 0;
}
