/* Energy and gradient of QAOA under a diagonal Hamiltonian; see `qaoa_energy.py`.

   Real and imaginary parts lie apart, so that loops run on whole vectors. Sums run in one order:
   the result does not depend on the machine, but for sin and cos. */

#include <math.h>
#include <stdint.h>

#include "vectors.h"

typedef struct {
    int32_t n, layers;
    int64_t n_levels;
    const double *levels;    /* different energies, shape [n_levels] */
    const int32_t *level_of; /* of each state, shape [D] */
    const double *diagonal, *observable; /* of the cost layers, and what is measured: [D] */
    double *work; /* 6 D + 2 n_levels */
} Problem;

typedef struct { double *restrict re, *restrict im; } State;

/* exp(-i gamma h) of every level: where its real parts begin; the imaginary ones follow. */
static double *phases(const Problem *p, double gamma) {
    double *restrict c = p->work + ((size_t)6 << p->n), *restrict s = c + p->n_levels;
    for (int64_t l = 0; l < p->n_levels; l++) {
        c[l] = cos(gamma * p->levels[l]);
        s[l] = -sin(gamma * p->levels[l]);
    }
    return c;
}

/* exp(-i gamma h) */
WIDE static void cost(const Problem *p, State v, const double *restrict c) {
    const double *restrict s = c + p->n_levels;
    const int32_t *restrict level_of = p->level_of;
    double *restrict re = v.re, *restrict im = v.im;
    INDEPENDENT for (size_t k = 0; k < (size_t)1 << p->n; k++) {
        const double r = c[level_of[k]], i = s[level_of[k]], x = re[k], y = im[k];
        re[k] = r * x - i * y;
        im[k] = r * y + i * x;
    }
}

/* exp(-i beta X) on one qubit, of whose values those of |0> and |1> are given. */
#define TURN(ar, ai, br, bi)                                                                       \
    do {                                                                                           \
        const double ar_ = ar, ai_ = ai, br_ = br, bi_ = bi;                                       \
        ar = c * ar_ + s * bi_;                                                                    \
        ai = c * ai_ - s * br_;                                                                    \
        br = c * br_ + s * ai_;                                                                    \
        bi = c * bi_ - s * ar_;                                                                    \
    } while (0)

/* The same on qubits 0 and 1 where there are both, else on qubit 0. */
static inline void mix_low(double *restrict re, double *restrict im, size_t size, double c,
                           double s) {
    if (size < 4) {
        TURN(re[0], im[0], re[1], im[1]);
        return;
    }
    INDEPENDENT for (size_t k = 0; k < size; k += 4) {
        double r0 = re[k], r1 = re[k + 1], r2 = re[k + 2], r3 = re[k + 3];
        double i0 = im[k], i1 = im[k + 1], i2 = im[k + 2], i3 = im[k + 3];
        TURN(r0, i0, r1, i1);
        TURN(r2, i2, r3, i3);
        TURN(r0, i0, r2, i2);
        TURN(r1, i1, r3, i3);
        re[k] = r0, re[k + 1] = r1, re[k + 2] = r2, re[k + 3] = r3;
        im[k] = i0, im[k + 1] = i1, im[k + 2] = i2, im[k + 3] = i3;
    }
}

/* exp(-i beta X) on every qubit, two at a time: a state is read half as often. */
WIDE static void mix(State v, size_t size, double beta) {
    const double c = cos(beta), s = sin(beta);
    double *restrict re = v.re, *restrict im = v.im;
    mix_low(re, im, size, c, s);
    size_t half = 4;
    for (; 2 * half < size; half *= 4)
        for (size_t from = 0; from < size; from += 4 * half) {
            double *restrict r0 = re + from, *restrict i0 = im + from;
            double *restrict r1 = r0 + half, *restrict i1 = i0 + half;
            double *restrict r2 = r1 + half, *restrict i2 = i1 + half;
            double *restrict r3 = r2 + half, *restrict i3 = i2 + half;
            INDEPENDENT for (size_t k = 0; k < half; k++) {
                double a = r0[k], b = r1[k], d = r2[k], e = r3[k];
                double f = i0[k], g = i1[k], h = i2[k], j = i3[k];
                TURN(a, f, b, g);
                TURN(d, h, e, j);
                TURN(a, f, d, h);
                TURN(b, g, e, j);
                r0[k] = a, r1[k] = b, r2[k] = d, r3[k] = e;
                i0[k] = f, i1[k] = g, i2[k] = h, i3[k] = j;
            }
        }
    if (half < size) {
        double *restrict br = re + half, *restrict bi = im + half;
        INDEPENDENT for (size_t k = 0; k < half; k++) TURN(re[k], im[k], br[k], bi[k]);
    }
}

/* The sum of X over all qubits, applied to real numbers: of each, those whose index differs in one
   bit, from the first bit on. */
WIDE static void x_sum(const double *restrict from, double *restrict to, size_t size) {
    if (size < 4) {
        to[0] = 0.0 + from[1];
        to[1] = 0.0 + from[0];
        return;
    }
    INDEPENDENT for (size_t k = 0; k < size; k += 4) {
        to[k] = (0.0 + from[k + 1]) + from[k + 2];
        to[k + 1] = (0.0 + from[k]) + from[k + 3];
        to[k + 2] = (0.0 + from[k + 3]) + from[k];
        to[k + 3] = (0.0 + from[k + 2]) + from[k + 1];
    }
    size_t half = 4;
    for (; 2 * half < size; half *= 4)
        for (size_t start = 0; start < size; start += 4 * half) {
            double *restrict a = to + start, *restrict b = a + half;
            double *restrict c = b + half, *restrict d = c + half;
            const double *restrict w = from + start, *restrict x = w + half;
            const double *restrict y = x + half, *restrict z = y + half;
            INDEPENDENT for (size_t k = 0; k < half; k++) {
                a[k] = (a[k] + x[k]) + y[k];
                b[k] = (b[k] + w[k]) + z[k];
                c[k] = (c[k] + z[k]) + w[k];
                d[k] = (d[k] + y[k]) + x[k];
            }
        }
    if (half < size) {
        INDEPENDENT for (size_t k = 0; k < half; k++) {
            to[k] += from[k + half];
            to[k + half] += from[k];
        }
    }
}

/* Imaginary part of <x|w y>, of real weights w or none. */
WIDE static double imaginary(State x, const double *restrict weight, State y, size_t size) {
    const double *restrict a = x.re, *restrict b = x.im, *restrict c = y.re, *restrict d = y.im;
    double sum[4] = {0};
    if (size < 4) {
        for (size_t k = 0; k < size; k++) {
            const double found = a[k] * d[k] - b[k] * c[k];
            sum[k] += weight ? weight[k] * found : found;
        }
    } else if (weight) {
        for (size_t k = 0; k < size; k += 4)
            for (size_t l = 0; l < 4; l++)
                sum[l] += weight[k + l] * (a[k + l] * d[k + l] - b[k + l] * c[k + l]);
    } else {
        for (size_t k = 0; k < size; k += 4)
            for (size_t l = 0; l < 4; l++) sum[l] += a[k + l] * d[k + l] - b[k + l] * c[k + l];
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
        cost(p, ket, phases(p, gamma[l]));
        mix(ket, size, beta[l]);
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
        x_sum(ket.re, x.re, size);
        x_sum(ket.im, x.im, size);
        gradient[p->layers + l] = 2.0 * imaginary(bra, NULL, x, size);
        mix(ket, size, -beta[l]);
        mix(bra, size, -beta[l]);
        gradient[l] = 2.0 * imaginary(bra, p->diagonal, ket, size);
        if (l == 0) break;
        const double *back = phases(p, -gamma[l]);
        cost(p, ket, back);
        cost(p, bra, back);
    }
    return energy;
}

const char *digest(void) { return DIGEST; }
