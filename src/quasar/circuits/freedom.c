/* Whether a circuit is QAOA for a Hamiltonian, as `freedom.py` has it. */

#include "gates.h"

#include <stdlib.h>

#define NOTHING 1e-9
#define TURNS 64

/* Sums by mask, in the order in which masks came. */
typedef struct {
    uint64_t *mask;
    double *sum;
    int32_t *slot; /* number of the entry + 1, 0 for none; at a power of two places */
    int64_t size, room, slots;
} Sums;

static int64_t hash(uint64_t mask, int64_t slots) {
    mask ^= mask >> 31;
    return (int64_t)((mask * 0x9e3779b97f4a7c15ULL) >> 20) & (slots - 1);
}

static int64_t find(const Sums *s, uint64_t mask) {
    if (!s->slots) return -1;
    for (int64_t at = hash(mask, s->slots); s->slot[at]; at = (at + 1) & (s->slots - 1))
        if (s->mask[s->slot[at] - 1] == mask) return s->slot[at] - 1;
    return -1;
}

static int grow(Sums *s) {
    int64_t room = s->room ? 4 * s->room : 16, slots = 4 * room;
    uint64_t *mask = realloc(s->mask, sizeof(uint64_t) * (size_t)room);
    if (mask) s->mask = mask;
    double *sum = realloc(s->sum, sizeof(double) * (size_t)room);
    if (sum) s->sum = sum;
    int32_t *slot = calloc((size_t)slots, sizeof(int32_t));
    if (!mask || !sum || !slot) {
        free(slot);
        return 0;
    }
    for (int64_t i = 0; i < s->size; i++) {
        int64_t at = hash(mask[i], slots);
        while (slot[at]) at = (at + 1) & (slots - 1);
        slot[at] = (int32_t)i + 1;
    }
    free(s->slot);
    s->slot = slot, s->slots = slots, s->room = room;
    return 1;
}

static int add(Sums *s, uint64_t mask, double angle) {
    int64_t known = find(s, mask);
    if (known >= 0) {
        s->sum[known] += angle;
        return 1;
    }
    if (s->size == s->room && !grow(s)) return 0;
    s->mask[s->size] = mask;
    s->sum[s->size++] = 0.0 + angle;
    int64_t at = hash(mask, s->slots);
    while (s->slot[at]) at = (at + 1) & (s->slots - 1);
    s->slot[at] = (int32_t)s->size;
    return 1;
}

static void clear(Sums *s) { free(s->mask), free(s->sum), free(s->slot); }

typedef struct {
    Sums phases;
    uint64_t ended; /* qubits of which `ends` is known */
    uint64_t *ends; /* parity by qubit */
    double beta;
    int has_beta;
} Layer;

typedef struct {
    uint64_t parity;
    Complex zero, one;
    int plus; /* |+> is reached */
    int turned;
    double mixing, *mixers;
    int64_t n_mixers, mixers_room;
    Single *run;
    int64_t n_run, run_room;
} Wire;

typedef struct {
    Wire wires[64];
    int n_qubits, failed; /* what went wrong */
    Layer *layers;
    int64_t n_layers, layers_room;
} Walk;

static void fail(Walk *k, int why) {
    if (!k->failed) k->failed = why;
}

/* Room for one more; 0 without memory. */
static int room_for(void **at, int64_t size, int64_t *room, size_t each) {
    if (size < *room) return 1;
    int64_t wanted = *room ? 2 * *room : 8;
    void *grown = realloc(*at, each * (size_t)wanted);
    if (!grown) return 0;
    *at = grown, *room = wanted;
    return 1;
}

static void new_layer(Walk *k) {
    if (!room_for((void **)&k->layers, k->n_layers, &k->layers_room, sizeof(Layer))) {
        fail(k, NO_MEMORY);
        return;
    }
    k->layers[k->n_layers++] = (Layer){0};
}

static void close_mixer(Walk *k, int q) {
    Wire *w = &k->wires[q];
    double angle = w->mixing;
    w->mixing = 0.0;
    if (fabs(wrapped(angle)) < NOTHING) return;
    Layer *layer = &k->layers[w->n_mixers];
    if (!layer->ends) layer->ends = calloc((size_t)k->n_qubits, sizeof(uint64_t));
    if (!layer->ends ||
        !room_for((void **)&w->mixers, w->n_mixers, &w->mixers_room, sizeof(double))) {
        fail(k, NO_MEMORY);
        return;
    }
    layer->ends[q] = w->parity, layer->ended |= (uint64_t)1 << q;
    if (!layer->has_beta) layer->has_beta = 1, layer->beta = angle;
    w->mixers[w->n_mixers++] = angle;
    w->parity = (uint64_t)1 << q;
    if (w->n_mixers == k->n_layers) new_layer(k);
}

static void add_phase(Walk *k, int q, double angle) {
    if (fabs(wrapped(angle)) < NOTHING) return;
    close_mixer(k, q);
    if (k->failed) return;
    if (!add(&k->layers[k->wires[q].n_mixers].phases, k->wires[q].parity, angle)) fail(k, NO_MEMORY);
}

static int is_hadamard(const Single *s) {
    return size_of(minus(s->m.a, s->m.b)) < NOTHING && size_of(minus(s->m.a, s->m.c)) < NOTHING &&
           size_of(plus(s->m.a, s->m.d)) < NOTHING;
}

/* Angles (a, b, c) with the matrix equal to Rz(a) Rx(b) Rz(c) up to a phase. */
static void zxz(Matrix m, double *abc) {
    Quaternion q = quaternion(m);
    double flat = hypot(q.w, q.v[2]), steep = hypot(q.v[0], q.v[1]);
    double total = flat > ROUNDING ? 2.0 * atan2(q.v[2], q.w) : 0.0;
    double apart = steep > ROUNDING ? 2.0 * atan2(q.v[1], q.v[0]) : 0.0;
    abc[0] = (total + apart) / 2.0, abc[1] = 2.0 * atan2(steep, flat);
    abc[2] = (total - apart) / 2.0;
}

static void choose(const Walk *k, const Wire *w, double *abc) {
    const Layer *layer = &k->layers[w->n_mixers];
    int other;
    if (!layer->has_beta) {
        double least = fabs(wrapped(abc[0])) + fabs(wrapped(abc[2]));
        other = 2.0 * M_PI - least < least;
    } else {
        other = fabs(wrapped(-abc[1] - layer->beta)) < fabs(wrapped(abc[1] - layer->beta));
    }
    if (other) abc[0] += M_PI, abc[1] = -abc[1], abc[2] -= M_PI;
}

static void close_run(Walk *k, int q) {
    Wire *w = &k->wires[q];
    int64_t n = w->n_run;
    int plain = 1;
    w->n_run = 0;
    if (!n) return;
    for (int64_t i = 0; i < n && plain; i++)
        plain = w->run[i].axis == 'x' || w->run[i].axis == 'z' || is_hadamard(&w->run[i]);
    if (plain) {
        for (int64_t i = 0; i < n; i++) {
            const Single *s = &w->run[i];
            if (is_hadamard(s)) w->turned = !w->turned;
            else if ((s->axis == 'z') != w->turned) add_phase(k, q, s->angle);
            else w->mixing += s->angle;
        }
        return;
    }
    const double none[1] = {0};
    Matrix m = matrix_of(w->turned ? H : ID, none);
    w->turned = is_hadamard(&w->run[n - 1]);
    for (int64_t i = 0; i < n - w->turned; i++) m = matrix_product(w->run[i].m, m);
    double abc[3];
    zxz(m, abc);
    choose(k, w, abc);
    add_phase(k, q, abc[2]);
    w->mixing += abc[1];
    add_phase(k, q, abc[0]);
}

static void walk_single(Walk *k, int q, const Single *s) {
    Wire *w = &k->wires[q];
    if (s->off < NOTHING) return;
    if (w->plus) {
        if (!room_for((void **)&w->run, w->n_run, &w->run_room, sizeof(Single))) {
            fail(k, NO_MEMORY);
            return;
        }
        w->run[w->n_run++] = *s;
        return;
    }
    Complex after[2];
    applied(&s->m, w->zero, w->one, after);
    w->zero = after[0], w->one = after[1];
    w->plus = size_of(minus(after[0], after[1])) < NOTHING;
}

static void couple(Walk *k, const Gate *g, int one, int two) {
    int code = g->code == CX_ALIAS ? CX : g->code == CPHASE ? CP : g->code;
    if (k->wires[one].turned && (code == CZ || code == CP)) {
        int old = one;
        one = two, two = old;
    }
    Wire *a = &k->wires[one], *b = &k->wires[two];
    if (a->turned) {
        fail(k, NOT_QAOA);
        return;
    }
    if (b->turned) code = code == CX ? CZ : code == CZ ? CX : code == CRX ? CRZ : ID;
    Sums *phases = &k->layers[a->n_mixers].phases;
    uint64_t both = a->parity ^ b->parity;
    int fits = 1;
    if (code == CX) {
        b->parity = both;
    } else if (code == CZ || code == CP) {
        double angle = code == CZ ? M_PI : g->angle[0];
        fits = add(phases, a->parity, angle / 2) && add(phases, b->parity, angle / 2) &&
               add(phases, both, -angle / 2);
    } else if (code == CRZ) {
        fits = add(phases, b->parity, g->angle[0] / 2) && add(phases, both, -g->angle[0] / 2);
    } else {
        fail(k, NOT_QAOA);
    }
    if (!fits) fail(k, NO_MEMORY);
}

static void walk_gate(Walk *k, const Gate *g) {
    int width = n_qubits_of(g->code);
    if (width > 2) {
        fail(k, NOT_QAOA);
        return;
    }
    Single base = base_of(g);
    int one = g->qubit[0], two = g->qubit[1];
    if (width == 1) {
        walk_single(k, one, &base);
        return;
    }
    if (g->code != SWAP && base.off < NOTHING) {
        Complex phase = turn(phase_of(base.m.a));
        Single s = {{{1, 0}, {0, 0}, {0, 0}, phase}, phase_of(phase), 1.0, 'z'};
        walk_single(k, one, &s);
        return;
    }
    for (int end = 0; end < 2; end++) {
        int q = g->qubit[end];
        close_run(k, q);
        if (!k->failed) close_mixer(k, q);
        if (!k->wires[q].plus) fail(k, NOT_QAOA);
        if (k->failed) return;
    }
    Wire *a = &k->wires[one], *b = &k->wires[two];
    if (a->n_mixers != b->n_mixers) {
        fail(k, NOT_QAOA);
    } else if (g->code == SWAP) {
        uint64_t parity = a->parity;
        int turned = a->turned;
        a->parity = b->parity, b->parity = parity;
        a->turned = b->turned, b->turned = turned;
    } else {
        couple(k, g, one, two);
    }
}

static int bit_length(uint64_t mask) { return mask ? 64 - __builtin_clzll(mask) : 0; }

/* Phases by parities of the qubits as the first layer leaves them; 0 without memory. */
static int seen_from_the_end(const Walk *k, const Layer *layer, Sums *out) {
    uint64_t parity_at[65] = {0}, names_at[65] = {0};
    for (int q = 0; q <= k->n_qubits; q++) {
        int64_t n = q < k->n_qubits ? 1 : layer->phases.size;
        for (int64_t i = 0; i < n; i++) {
            uint64_t bit = (uint64_t)1 << (q & 63), parity, names;
            if (q < k->n_qubits) {
                const Wire *w = &k->wires[q];
                parity = layer->ended >> q & 1 ? layer->ends[q] : w->n_mixers ? bit : w->parity;
                names = bit;
            } else {
                parity = layer->phases.mask[i], names = 0;
            }
            for (int at; parity && parity_at[at = bit_length(parity)];)
                names ^= names_at[at], parity ^= parity_at[at];
            if (q < k->n_qubits)
                parity_at[bit_length(parity)] = parity, names_at[bit_length(parity)] = names;
            else if (!add(out, names, layer->phases.sum[i]))
                return 0;
        }
    }
    return 1;
}

static int is_cost_layer(const Sums *phases, const Sums *terms, double tolerance) {
    for (int64_t i = 0; i < phases->size; i++)
        if (find(terms, phases->mask[i]) < 0 && fabs(wrapped(phases->sum[i])) > tolerance) return 0;
    double *own = malloc(sizeof(double) * (size_t)terms->size);
    if (!own) return NO_MEMORY;
    for (int64_t i = 0; i < terms->size; i++) {
        int64_t at = find(phases, terms->mask[i]);
        own[i] = wrapped(at < 0 ? 0.0 : phases->sum[at]);
    }
    for (int step = 0; step <= 2 * TURNS; step++) { /* 0, -1, 1, -2, 2, ... */
        int turns = step % 2 ? -(step + 1) / 2 : step / 2;
        double twice = (own[0] + 2.0 * M_PI * turns) / terms->sum[0];
        int64_t i = 0;
        while (i < terms->size && fabs(wrapped(own[i] - twice * terms->sum[i])) <= tolerance) i++;
        if (i == terms->size) {
            free(own);
            return 1;
        }
    }
    free(own);
    return 0;
}

static int entangles(const Sums *phases, const Sums *terms, double tolerance) {
    int fields = 1;
    for (int64_t i = 0; i < terms->size; i++) fields &= __builtin_popcountll(terms->mask[i]) == 1;
    for (int64_t i = 0; i < phases->size; i++) {
        if (fields) {
            if (fabs(wrapped(phases->sum[i])) > tolerance) return 1;
        } else if (__builtin_popcountll(phases->mask[i]) > 1 &&
                   fabs(wrapped(2.0 * phases->sum[i])) > 2.0 * tolerance) {
            return 1;
        }
    }
    return 0;
}

/* Number of layers of what was read, by the Hamiltonian's terms, largest first. */
static int64_t depth_of(Walk *k, const Sums *terms, double tolerance) {
    uint64_t used = 0;
    for (int64_t i = 0; i < terms->size; i++) used |= terms->mask[i];
    int64_t depth = -1;
    for (int q = 0; q < k->n_qubits; q++) {
        Wire *w = &k->wires[q];
        close_run(k, q);
        if (!k->failed) close_mixer(k, q);
        if (k->failed) return k->failed;
        int matters = (int)(used >> q & 1);
        if (w->turned || (!w->plus && matters)) return NOT_QAOA;
        if (w->n_mixers && w->parity != (uint64_t)1 << q) return NOT_QAOA;
    }
    const Wire *first = NULL;
    for (int q = 0; q < k->n_qubits; q++) {
        if (!(used >> q & 1)) continue;
        if (depth < 0) depth = k->wires[q].n_mixers, first = &k->wires[q];
        if (k->wires[q].n_mixers != depth) return NOT_QAOA;
    }
    if (depth <= 0) return NOT_QAOA;
    int idle = 1;
    for (int64_t l = 0; l < depth; l++) {
        for (int q = 0; q < k->n_qubits; q++)
            if (used >> q & 1 && fabs(wrapped(k->wires[q].mixers[l] - first->mixers[l])) > tolerance)
                return NOT_QAOA;
        const Layer *layer = &k->layers[l];
        Sums seen = {0};
        const Sums *phases = &layer->phases;
        if (l == 0) {
            phases = &seen;
            if (!seen_from_the_end(k, layer, &seen)) {
                clear(&seen);
                return NO_MEMORY;
            }
        } else {
            for (int q = 0; q < k->n_qubits; q++)
                if (layer->ended >> q & 1 && layer->ends[q] != (uint64_t)1 << q) return NOT_QAOA;
        }
        int fits = is_cost_layer(phases, terms, tolerance);
        idle = idle && fits && !entangles(phases, terms, tolerance);
        clear(&seen);
        if (fits < 1) return fits ? fits : NOT_QAOA;
    }
    return idle ? NOT_QAOA : depth;
}

/* freedom.qaoa_layers: p, NOT_QAOA, or what went wrong. Terms by mask, largest coefficient first. */
int64_t qaoa_layers(const Gate *gates, int64_t n, int32_t n_qubits, const uint64_t *masks,
                    const double *coefficients, int64_t n_terms, double tolerance) {
    if (!is_known(gates, n, n_qubits) || n_terms < 1) return UNKNOWN;
    Walk *k = calloc(1, sizeof(Walk));
    if (!k) return NO_MEMORY;
    Sums terms = {0};
    k->n_qubits = n_qubits;
    for (int q = 0; q < n_qubits; q++)
        k->wires[q].parity = (uint64_t)1 << q, k->wires[q].zero.r = 1.0;
    new_layer(k);
    for (int64_t i = 0; i < n && !k->failed; i++) walk_gate(k, &gates[i]);
    for (int64_t i = 0; i < n_terms && !k->failed; i++)
        if (!add(&terms, masks[i], coefficients[i])) fail(k, NO_MEMORY);
    int64_t found = k->failed ? k->failed : depth_of(k, &terms, tolerance);
    clear(&terms);
    for (int64_t l = 0; l < k->n_layers; l++) clear(&k->layers[l].phases), free(k->layers[l].ends);
    for (int q = 0; q < n_qubits; q++) free(k->wires[q].mixers), free(k->wires[q].run);
    free(k->layers), free(k);
    return found;
}
