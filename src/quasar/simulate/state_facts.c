/* How far each qubit of a state is entangled with the others, as `state_facts.py` has it. */

#include "vectors.h"

#include <string.h>

enum { LANES = 4, MOST = 30, APART = 6, WITHIN = 10, BLOCK = 1 << WITHIN }; /* fits a cache */

/* Written as vectors: compilers put the lanes together across iterations otherwise. */
typedef double Lanes __attribute__((vector_size(LANES * sizeof(double))));

static double sum_of(const double *lane) { return (lane[0] + lane[1]) + (lane[2] + lane[3]); }

/* Adds to `sum` the real and imaginary parts of the coherence <0|rho|1> of the qubit of `half`. */
static inline void add_coherence(const double *restrict re, const double *restrict im,
                                 size_t size, size_t half, double *restrict sum) {
    double real[LANES] = {0.0}, imaginary[LANES] = {0.0};
#define ADD(i, at)                                                              \
    do {                                                                        \
        const size_t a = (at), b = a + half;                                    \
        real[i] += re[a] * re[b] + im[a] * im[b];                               \
        imaginary[i] += re[a] * im[b] - im[a] * re[b];                          \
    } while (0)
    if (half >= LANES) {
        Lanes r = {0.0}, j = {0.0};
        for (size_t from = 0; from < size; from += 2 * half)
            for (size_t k = from; k < from + half; k += LANES) {
                Lanes ar, ai, br, bi;
                memcpy(&ar, re + k, sizeof ar), memcpy(&ai, im + k, sizeof ai);
                memcpy(&br, re + k + half, sizeof br), memcpy(&bi, im + k + half, sizeof bi);
                r += ar * br + ai * bi;
                j += ar * bi - ai * br;
            }
        memcpy(real, &r, sizeof r), memcpy(imaginary, &j, sizeof j);
    } else if (size >= 2 * LANES && half == 2) {
        for (size_t k = 0; k < size; k += 2 * LANES)
            for (int i = 0; i < LANES; i++) ADD(i, k + (size_t)(i + (i & 2)));
    } else if (size >= 2 * LANES) {
        for (size_t k = 0; k < size; k += 2 * LANES)
            for (int i = 0; i < LANES; i++) ADD(i, k + (size_t)(2 * i));
    } else {
        for (size_t from = 0; from < size; from += 2 * half)
            for (size_t k = from; k < from + half; k++) ADD(0, k);
    }
#undef ADD
    sum[0] += sum_of(real);
    sum[1] += sum_of(imaginary);
}

/* Probability that qubit q is 1, added to excited[q]; p: of 2**n answers, of which p[0] is left with
   the sum of all. */
static inline void add_excited(double *p, int n, double *restrict excited) {
    for (int q = n - 1; q >= 0; q--) {
        double *restrict zero = p, *restrict one = p + ((size_t)1 << q), sum[LANES] = {0.0};
        for (size_t k = 0; k < (size_t)1 << q; k++) {
            sum[k & 3] += one[k];
            zero[k] += one[k];
        }
        excited[q] += sum_of(sum);
    }
}

/* By qubit 1 - Tr rho^2; state: 2 * 2**n doubles, real and imaginary parts in turn.

   Amplitudes side by side have the first qubits; for the next ones, blocks are gathered from rows
   that lie apart: the state is read once for every few qubits. Returns 1 for other than 1 to 30. */
WIDE int impurities(const double *restrict state, int32_t n, double *restrict out) {
    if (n < 1 || n > MOST) return 1;
    double re[BLOCK], im[BLOCK], p[BLOCK], coherence[MOST][2] = {{0.0}}, excited[MOST] = {0.0};
    double trace = 0.0;
    const int low = n < WITHIN ? n : WITHIN;
    const size_t size = (size_t)1 << n, block = (size_t)1 << low;
    for (size_t from = 0; from < size; from += block) {
        const double *restrict own = state + 2 * from;
        for (size_t k = 0; k < block; k++) {
            re[k] = own[2 * k], im[k] = own[2 * k + 1];
            p[k] = re[k] * re[k] + im[k] * im[k];
        }
        for (int q = 0; q < low; q++) add_coherence(re, im, block, (size_t)1 << q, coherence[q]);
        add_excited(p, low, excited);
        trace += p[0];
        for (int q = low; q < n; q++) excited[q] += from >> q & 1 ? p[0] : 0.0;
    }
    for (int first = low; first < n; first += APART) {
        const int count = n - first < APART ? n - first : APART;
        const size_t apart = (size_t)1 << first, rows = (size_t)1 << count, width = block / rows;
        for (size_t from = 0; from < size; from += width) {
            if (from & apart * (rows - 1)) continue; /* another row of those below */
            for (size_t r = 0; r < rows; r++) {
                const double *restrict own = state + 2 * (from + r * apart);
                for (size_t k = 0; k < width; k++)
                    re[r * width + k] = own[2 * k], im[r * width + k] = own[2 * k + 1];
            }
            for (int q = 0; q < count; q++)
                add_coherence(re, im, block, width << q, coherence[first + q]);
        }
    }
    for (int q = 0; q < n; q++) {
        const double *c = coherence[q], one = excited[q];
        const double determinant = one * (trace - one) - (c[0] * c[0] + c[1] * c[1]);
        out[q] = 2.0 * (determinant > 0.0 ? determinant : 0.0) / (trace * trace);
    }
    return 0;
}
