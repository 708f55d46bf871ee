/* What the judge reads off distributions of answers.

   Sums run in one order: the result does not depend on the machine, but for exp, log and log1p. */

#include "vectors.h"

#include <math.h>
#include <string.h>

/* What the objective stage reads off a distribution of `size` >= 2 answers, a power of 2.

   optimal: the optimal answers; out: sum of p energy, sum of p reversed, sum of p over the optimal,
   whether all answers that share the largest probability, to a relative `tie`, are optimal. */
WIDE void read_objective(const double *restrict p, const double *restrict energy,
                         const double *restrict reversed, int64_t size,
                         const int64_t *restrict optimal, int64_t n_optimal, double tie,
                         double *restrict out) {
    double own[4] = {0.0}, other[4] = {0.0}, largest[4] = {-1.0, -1.0, -1.0, -1.0};
    int64_t k = 0;
    for (; k + 4 <= size; k += 4) {
        for (int i = 0; i < 4; i++) {
            own[i] += p[k + i] * energy[k + i];
            other[i] += p[k + i] * reversed[k + i];
            largest[i] = p[k + i] > largest[i] ? p[k + i] : largest[i];
        }
    }
    for (; k < size; k++) {
        own[k & 3] += p[k] * energy[k];
        other[k & 3] += p[k] * reversed[k];
        largest[k & 3] = p[k] > largest[k & 3] ? p[k] : largest[k & 3];
    }
    double most = largest[0], found = 0.0;
    for (int i = 1; i < 4; i++) most = largest[i] > most ? largest[i] : most;
    const double from = most * (1.0 - tie);
    int64_t top = 0, top_optimal = 0;
    for (k = 0; k < size; k++) top += p[k] >= from;
    for (k = 0; k < n_optimal; k++) {
        found += p[optimal[k]];
        top_optimal += p[optimal[k]] >= from;
    }
    out[0] = (own[0] + own[1]) + (own[2] + own[3]);
    out[1] = (other[0] + other[1]) + (other[2] + other[3]);
    out[2] = found;
    out[3] = top == top_optimal;
}

/* The natural logarithm of a normal positive number, to one unit in the last place: fdlibm's, by
   arithmetic alone, so that loops of it run on whole vectors.

   Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunSoft, a Sun
   Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software is
   freely granted, provided that this notice is preserved. */
typedef struct { double k, f, half, rest; } Parts; /* ln x = k ln 2 + f - (half - rest) */

static inline Parts parts_of(double x) {
    uint64_t bits, most = 0x3fe6a09e667f3bcd; /* sqrt(1/2) */
    memcpy(&bits, &x, sizeof bits);
    const uint64_t power = (bits - most + ((uint64_t)1024 << 52)) >> 52; /* k + 1024 > 0 */
    const uint64_t as_double = power | 0x4330000000000000;                 /* 2**52 + that */
    bits -= (power - 1024) << 52;
    double z, k;
    memcpy(&z, &bits, sizeof z);
    memcpy(&k, &as_double, sizeof k);
    k -= 4503599627370496.0 + 1024.0;
    const double f = z - 1.0, s = f / (2.0 + f), s2 = s * s, s4 = s2 * s2, half = 0.5 * f * f;
    const double odd = s4 * (3.999999999940941908e-01 +
                             s4 * (2.222219843214978396e-01 + s4 * 1.531383769920937332e-01));
    const double even = s2 * (6.666666666666735130e-01 +
                              s4 * (2.857142874366239149e-01 +
                                    s4 * (1.818357216161805012e-01 + s4 * 1.479819860510658591e-01)));
    return (Parts){k, f, half, s * (half + (odd + even))};
}

static inline double logarithm(double x) {
    const Parts x_is = parts_of(x);
    return x_is.k * 6.93147180369123816490e-01 -
           ((x_is.half - (x_is.rest + x_is.k * 1.90821492927058770002e-10)) - x_is.f);
}

/* To base 2; exact for powers of 2. */
static inline double logarithm2(double x) {
    const Parts x_is = parts_of(x);
    return x_is.k + (x_is.f - (x_is.half - x_is.rest)) * 1.44269504088896340736;
}

enum { BLOCK = 256 };

/* Jensen-Shannon divergence and relative entropy of p to q in nats, not clipped; the latter is
   infinite where q vanishes and p does not. See `verifier/stages/behaviour.py`. */
WIDE void read_likeness(const double *restrict p, const double *restrict q, int64_t size,
                        double negligible, double *restrict out) {
    double alike[4] = {0.0}, relative[4] = {0.0}, beside = 0.0;
    double both[BLOCK], own[BLOCK];
    for (int64_t from = 0; from < size; from += BLOCK) {
        const int64_t count = size - from < BLOCK ? size - from : BLOCK;
        int64_t odd = 0;
        for (int64_t k = 0; k < count; k++) {
            const double a = p[from + k], b = q[from + k], middle = 0.5 * (a + b);
            const double of_p = logarithm(a > negligible ? a / middle : 1.0);
            const double of_q = logarithm(b > negligible ? b / middle : 1.0);
            const double known = a > negligible && b > negligible ? a : 0.0;
            both[k] = a == b ? 0.0 : a * of_p + b * of_q;
            own[k] = a == b ? 0.0 : known * (of_p - of_q);
            odd += a > known;
        }
        for (int64_t k = 0; k < count; k++) {
            alike[k & 3] += both[k];
            relative[k & 3] += own[k];
        }
        for (int64_t k = from; odd && k < from + count; k++) {
            const double a = p[k], b = q[k];
            if (a > 0.0 && a != b && !(a > negligible && b > negligible))
                beside += a * (log(a) - log(b));
        }
    }
    out[0] = 0.5 * ((alike[0] + alike[1]) + (alike[2] + alike[3]));
    out[1] = (relative[0] + relative[1]) + (relative[2] + relative[3]) + beside;
}

/* Shape of a distribution: out: the sum of p, the sum of p log2 p over p > negligible. */
WIDE void read_shape(const double *restrict p, int64_t size, double negligible,
                     double *restrict out) {
    double total[4] = {0.0}, bits[4] = {0.0}, each[BLOCK];
    for (int64_t from = 0; from < size; from += BLOCK) {
        const int64_t count = size - from < BLOCK ? size - from : BLOCK;
        const double *restrict own = p + from;
        for (int64_t k = 0; k < count; k++)
            each[k] = own[k] * logarithm2(own[k] > negligible ? own[k] : 1.0);
        double sum[4] = {0.0}, of_each[4] = {0.0}; /* many small terms: block by block */
        int64_t k = 0;
        for (; k + 4 <= count; k += 4)
            for (int i = 0; i < 4; i++) sum[i] += own[k + i], of_each[i] += each[k + i];
        for (; k < count; k++) sum[k & 3] += own[k], of_each[k & 3] += each[k];
        for (int i = 0; i < 4; i++) total[i] += sum[i], bits[i] += of_each[i];
    }
    out[0] = (total[0] + total[1]) + (total[2] + total[3]);
    out[1] = (bits[0] + bits[1]) + (bits[2] + bits[3]);
}

/* The most probable answers into `top`, 1 <= count <= size of them, the first of equal ones first.

   Whether another one is as probable as the last of them. */
int read_top(const double *p, int64_t size, int64_t *top, int64_t count) {
    int64_t held = 0;
    int cut = 0;
    for (int64_t k = 0; k < size; k++) {
        const int full = held == count;
        const double own = p[k], least = full ? p[top[count - 1]] : -1.0;
        if (own <= least) {
            cut |= own == least;
            continue;
        }
        int64_t at = full ? count - 1 : held++;
        for (; at > 0 && p[top[at - 1]] < own; at--) top[at] = top[at - 1];
        top[at] = k;
        if (full) cut = p[top[count - 1]] == least;
    }
    return cut;
}

/* Valid solutions by value: `level` says of each answer which it has, best first, n_levels where it
   is no solution.

   out: probability of a solution; the sum of p cost; then for each number of shots the sum over
   levels of value (P(none better in all shots) - P(none as good)), see `verifier/solutions.py`.
   Returns 1 where memory ran out. */
int read_solutions(const double *p, int64_t size, const int32_t *level, int64_t n_levels,
                   const double *cost, const double *value, const int64_t *shots, int64_t n_shots,
                   double *out) {
    double *sums = room((size_t)n_levels + 1);
    if (!sums) return 1;
    memset(sums, 0, sizeof(double) * ((size_t)n_levels + 1));
    for (int64_t k = 0; k < size; k++) sums[level[k]] += p[k];
    double mean = 0.0, reached = 0.0;
    for (int64_t j = 0; j < n_levels; j++) {
        reached += sums[j];
        mean += sums[j] * cost[j];
        sums[j] = log1p(reached < 1.0 ? -reached : -1.0);
    }
    out[0] = reached;
    out[1] = mean;
    for (int64_t i = 0; i < n_shots; i++) {
        double before = 1.0, best = 0.0;
        for (int64_t j = 0; j < n_levels && before > 0.0; j++) {
            const double missed = exp((double)shots[i] * sums[j]);
            best += (before - missed) * value[j];
            before = missed;
        }
        out[2 + i] = best;
    }
    return 0;
}
