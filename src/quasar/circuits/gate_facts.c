/* What a circuit's gates come to: size, gates that have an effect, angles that are free.

   The same steps as `effective.py`, `freedom.py` and `statistics.py`, in the same order and with the
   same arithmetic (that of Python's complex numbers), so that both give the same bits; those modules
   say what is done and why. This file has sizes and angles; the others of the library have their
   modules' names. Functions return NO_MEMORY where there is none left. */

#include "gates.h"

#include <stdlib.h>
#include <string.h>

int is_known(const Gate *gates, int64_t n, int n_qubits) {
    if (n_qubits < 0 || n_qubits > 64) return 0;
    for (int64_t i = 0; i < n; i++) {
        if (gates[i].code < 0 || gates[i].code >= CODES) return 0;
        for (int k = 0; k < n_qubits_of(gates[i].code); k++)
            if (gates[i].qubit[k] < 0 || gates[i].qubit[k] >= n_qubits) return 0;
    }
    return 1;
}

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

int64_t sizes_size(void) { return sizeof(Sizes); }

const char *digest(void) { return DIGEST; }
