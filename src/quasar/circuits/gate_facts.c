/* What a circuit's gates come to: size, gates that have an effect, angles that are free.

   The same steps as `effective.py`, `freedom.py` and `statistics.py`, in the same order and with the
   same arithmetic (that of Python's complex numbers), so that both give the same bits; those modules
   say what is done and why. This file has sizes and angles; the others of the library have their
   modules' names. Functions return NO_MEMORY where there is none left. */

#include "gates.h"

#include <stdio.h>
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
    int64_t gates, two_qubit, multi_qubit, depth, parameters, distinct;
    int64_t n_codes, code[CODES], count[CODES]; /* most frequent first, then as they appear */
} Sizes;

int32_t sizes(const Gate *gates, int64_t n, int32_t n_qubits, Sizes *out) {
    if (!is_known(gates, n, n_qubits)) return UNKNOWN;
    int64_t end[64] = {0}, count[CODES] = {0};
    memset(out, 0, sizeof(Sizes));
    out->gates = n;
    for (int64_t i = 0; i < n; i++) {
        const Gate *g = &gates[i];
        int width = n_qubits_of(g->code);
        if (!count[g->code]++) out->code[out->n_codes++] = g->code;
        out->two_qubit += width >= 2, out->multi_qubit += width >= 3;
        out->parameters += ANGLES[g->code];
        int64_t last = 0;
        for (int k = 0; k < width; k++) last = end[g->qubit[k]] > last ? end[g->qubit[k]] : last;
        for (int k = 0; k < width; k++) end[g->qubit[k]] = last + 1;
        out->depth = last + 1 > out->depth ? last + 1 : out->depth;
    }
    for (int64_t i = 0; i < out->n_codes; i++) {
        int64_t own = out->code[i], at = i;
        for (; at > 0 && out->count[at - 1] < count[own]; at--)
            out->code[at] = out->code[at - 1], out->count[at] = out->count[at - 1];
        out->code[at] = own, out->count[at] = count[own];
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

/* A number in [0, pi] in millionths, rounded as decimals are: to the nearest, from exact halves to
   the even one. */
static double millionths(double value) {
    double scaled = value * 1e6, below = floor(scaled);
    if (fabs(scaled - below - 0.5) > 1e-6) return floor(scaled + 0.5);
    char written[32]; /* too near to a half for the product to tell */
    snprintf(written, sizeof written, "%.6f", value);
    double whole = written[0] - '0', parts = 0.0;
    for (int i = 2; i < 8; i++) parts = 10.0 * parts + (written[i] - '0');
    return whole * 1e6 + parts;
}

/* freedom.free_angles: different angles, to six decimals, that are not multiples of pi/2. */
int64_t free_angles(const Gate *gates, int64_t n, double free_from) {
    double *values = malloc(sizeof(double) * (size_t)(4 * n + 1));
    if (!values) return NO_MEMORY;
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < ANGLES[gates[i].code]; k++)
            if (fabs(wrapped(4.0 * gates[i].angle[k])) > 4.0 * free_from)
                values[found++] = millionths(fabs(wrapped(gates[i].angle[k])));
    found = distinct(values, found);
    free(values);
    return found;
}

/* Whether all angles but 0 are integers larger than a full turn, and there is one. */
int32_t in_degrees(const Gate *gates, int64_t n, int32_t n_qubits) {
    if (!is_known(gates, n, n_qubits)) return UNKNOWN;
    int found = 0;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < ANGLES[gates[i].code]; k++) {
            double angle = fabs(gates[i].angle[k]);
            if (angle == 0.0) continue;
            if (!(angle > 2.0 * M_PI && angle == rint(angle))) return 0;
            found = 1;
        }
    return found;
}

typedef struct {
    Sizes written, acting; /* of all gates, and of those that have an effect */
    int64_t layers;        /* p of QAOA, or NOT_QAOA */
    int64_t free_angles;   /* of acting gates, where it is not QAOA */
} Facts;

/* All of the above; the arguments are those of `effective`, `qaoa_layers` and `free_angles`. */
int32_t circuit_facts(const Gate *gates, int64_t n, int32_t n_qubits, double budget,
                      const uint64_t *masks, const double *coefficients, int64_t n_terms,
                      double tolerance, double free_from, Facts *out) {
    int32_t said = sizes(gates, n, n_qubits, &out->written);
    if (said) return said;
    Gate *acting = malloc(sizeof(Gate) * (size_t)(n + 1));
    if (!acting) return NO_MEMORY;
    int64_t kept = effective(gates, n, n_qubits, budget, acting), layers = NOT_QAOA;
    said = kept < 0 ? (int32_t)kept : sizes(acting, kept, n_qubits, &out->acting);
    if (!said && n_terms > 0) {
        layers = qaoa_layers(gates, n, n_qubits, masks, coefficients, n_terms, tolerance);
        if (layers == NOT_QAOA)
            layers = qaoa_layers(acting, kept, n_qubits, masks, coefficients, n_terms, tolerance);
        said = layers < NOT_QAOA ? (int32_t)layers : 0;
    }
    out->layers = layers, out->free_angles = 0;
    if (!said && layers == NOT_QAOA) {
        out->free_angles = free_angles(acting, kept, free_from);
        said = out->free_angles < 0 ? NO_MEMORY : 0;
    }
    free(acting);
    return said;
}

int64_t facts_size(void) { return sizeof(Facts); }

const char *digest(void) { return DIGEST; }
