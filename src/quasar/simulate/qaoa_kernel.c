/* Energy and gradient of QAOA under a diagonal Hamiltonian; see `qaoa_energy.py`.

   Real and imaginary parts lie apart, so that loops run on whole vectors. Sums run in one order:
   the result does not depend on the machine, but for sin and cos. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

typedef struct {
    int32_t n, layers;
    int64_t n_levels;
    const double *levels;    /* different energies, shape [n_levels] */
    const int32_t *level_of; /* of each state, shape [D] */
    const double *diagonal, *observable; /* of the cost layers, and what is measured: [D] */
    double *work; /* 6 D + 2 n_levels */
} Problem;

typedef struct { double *restrict re, *restrict im; } State;

/* exp(-i gamma h) */
static void cost(const Problem *p, State v, double gamma) {
    double *restrict c = p->work + ((size_t)6 << p->n), *restrict s = c + p->n_levels;
    for (int64_t l = 0; l < p->n_levels; l++) {
        c[l] = cos(gamma * p->levels[l]);
        s[l] = -sin(gamma * p->levels[l]);
    }
    for (size_t k = 0; k < (size_t)1 << p->n; k++) {
        const double r = c[p->level_of[k]], i = s[p->level_of[k]], re = v.re[k], im = v.im[k];
        v.re[k] = r * re - i * im;
        v.im[k] = r * im + i * re;
    }
}

/* exp(-i beta X) on every qubit */
static void mix(const Problem *p, State v, double beta) {
    const double c = cos(beta), s = sin(beta);
    const size_t size = (size_t)1 << p->n;
    double *restrict re = v.re, *restrict im = v.im;
    for (size_t half = 1; half < size; half *= 2)
        for (size_t from = 0; from < size; from += 2 * half) {
            INDEPENDENT for (size_t a = from; a < from + half; a++) {
                const size_t b = a + half;
                const double ar = re[a], ai = im[a], br = re[b], bi = im[b];
                re[a] = c * ar + s * bi;
                im[a] = c * ai - s * br;
                re[b] = c * br + s * ai;
                im[b] = c * bi - s * ar;
            }
        }
}

/* The sum of X over all qubits, applied. */
static void x_sum(const Problem *p, State from, State to) {
    const size_t size = (size_t)1 << p->n;
    memset(to.re, 0, sizeof(double) * size);
    memset(to.im, 0, sizeof(double) * size);
    for (size_t half = 1; half < size; half *= 2)
        for (size_t start = 0; start < size; start += 2 * half) {
            INDEPENDENT for (size_t a = start; a < start + half; a++) {
                to.re[a] += from.re[a + half];
                to.im[a] += from.im[a + half];
                to.re[a + half] += from.re[a];
                to.im[a + half] += from.im[a];
            }
        }
}

/* Imaginary part of <x|w y>, of real weights w or none. */
static double imaginary(const Problem *p, State x, const double *weight, State y) {
    const size_t size = (size_t)1 << p->n;
    double sum[4] = {0};
    for (size_t k = 0; k < size; k++) {
        const double found = x.re[k] * y.im[k] - x.im[k] * y.re[k];
        sum[k & 3] += weight ? weight[k] * found : found;
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* The energy at gamma_1..gamma_p, beta_1..beta_p, and its gradient where there is room for it. */
double qaoa_energy(const Problem *p, const double *theta, double *gradient) {
    const size_t size = (size_t)1 << p->n;
    double *w = p->work;
    State ket = {w, w + size}, bra = {w + 2 * size, w + 3 * size}, x = {w + 4 * size, w + 5 * size};
    const double *gamma = theta, *beta = theta + p->layers, one = 1.0 / sqrt((double)size);
    for (size_t k = 0; k < size; k++) ket.re[k] = one, ket.im[k] = 0.0;
    for (int l = 0; l < p->layers; l++) {
        cost(p, ket, gamma[l]);
        mix(p, ket, beta[l]);
    }
    double sum[4] = {0};
    for (size_t k = 0; k < size; k++)
        sum[k & 3] += (ket.re[k] * ket.re[k] + ket.im[k] * ket.im[k]) * p->observable[k];
    const double energy = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    if (!gradient) return energy;
    for (size_t k = 0; k < size; k++) {
        bra.re[k] = ket.re[k] * p->observable[k];
        bra.im[k] = ket.im[k] * p->observable[k];
    }
    for (int l = p->layers - 1; l >= 0; l--) {
        x_sum(p, ket, x);
        gradient[p->layers + l] = 2.0 * imaginary(p, bra, NULL, x);
        mix(p, ket, -beta[l]);
        mix(p, bra, -beta[l]);
        gradient[l] = 2.0 * imaginary(p, bra, p->diagonal, ket);
        if (l == 0) break;
        cost(p, ket, -gamma[l]);
        cost(p, bra, -gamma[l]);
    }
    return energy;
}

const char *digest(void) { return DIGEST; }
