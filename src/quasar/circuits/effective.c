/* Gates without those that change nothing, as `effective.py` has it. */

#include "gates.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_BACK 64
#define RUN 6
#define SWEEPS 6

typedef struct {
    int64_t *at, size, room;
} Places;

typedef struct {
    double budget;
    int n_qubits, failed;
    struct { int known; Complex zero, one; } state[64];
    Places wires[64];
    Item *done;
    int64_t size;
} Sweep;

static int allows(Sweep *w, double error) {
    if (error > w->budget) return 0;
    if (error > ROUNDING) w->budget -= error;
    return 1;
}
static int near(Sweep *w, double error) { return error < 1e-9 && allows(w, 2.0 * error); }

static void append(Sweep *w, const Item *item) {
    for (int k = 0; k < item->n; k++) {
        Places *wire = &w->wires[item->g.qubit[k]];
        if (wire->size == wire->room) {
            int64_t room = wire->room ? 2 * wire->room : 16;
            int64_t *grown = realloc(wire->at, sizeof(int64_t) * (size_t)room);
            if (!grown) {
                w->failed = 1;
                return;
            }
            wire->at = grown, wire->room = room;
        }
        wire->at[wire->size++] = w->size;
    }
    w->done[w->size++] = *item;
}

static void drop(Places *wire, int64_t place) {
    for (int64_t i = wire->size - 1; i >= 0; i--)
        if (wire->at[i] == place) {
            memmove(wire->at + i, wire->at + i + 1, sizeof(int64_t) * (size_t)(wire->size - 1 - i));
            wire->size--;
            return;
        }
}

/* Another gate, or none (NULL), in the place of one. */
static void put(Sweep *w, int64_t place, const Item *item) {
    Item old = w->done[place];
    if (item) w->done[place] = *item;
    else w->done[place].n = 0;
    for (int k = 0; k < old.n; k++) {
        int stays = 0;
        for (int j = 0; item && j < item->n; j++) stays |= item->g.qubit[j] == old.g.qubit[k];
        if (!stays) drop(&w->wires[old.g.qubit[k]], place);
    }
}

static int is_half_turn(const Single *s) { return fabs(M_PI - fabs(s->angle)) <= ROUNDING; }

static int cancels(Sweep *w, Places *wire, int64_t last, Matrix m) {
    for (int64_t i = last; i >= 0 && i > last - RUN; i--) {
        const Item *old = &w->done[wire->at[i]];
        if (old->n != 1) return 0;
        m = matrix_product(m, old->base.m);
        if (off_identity(m) < ROUNDING) {
            for (int64_t j = i; j <= last; j++) w->done[wire->at[j]].n = 0;
            int64_t after = wire->size - (last + 1);
            memmove(wire->at + i, wire->at + last + 1, sizeof(int64_t) * (size_t)after);
            wire->size -= last + 1 - i;
            return 1;
        }
    }
    return 0;
}

static void add_single(Sweep *w, const Item *item) {
    const Single *own = &item->base;
    int qubit = item->g.qubit[0];
    Places *wire = &w->wires[qubit];
    double angle = own->angle;
    int64_t turned[LOOK_BACK];
    int n_turned = 0;
    for (int64_t i = wire->size - 1; i >= 0 && i > wire->size - 1 - LOOK_BACK; i--) {
        int64_t place = wire->at[i];
        const Item *old = &w->done[place];
        if (old->n == 0) break;
        if (old->n == 1) {
            const Single *before = &old->base;
            if (own->axis && before->axis == own->axis) {
                for (int t = 0; t < n_turned; t++) {
                    Item *other = &w->done[turned[t]];
                    double back = -other->base.angle;
                    Gate g = gate0(RX + other->base.axis - 'x', &back, 1);
                    g.qubit[0] = other->g.qubit[0];
                    *other = item_of(g);
                }
                Item merged;
                put(w, place, rotation(own->axis, before->angle + angle, qubit, &merged) ? &merged : NULL);
                return;
            }
            if (angle == own->angle && !n_turned && cancels(w, wire, i, own->m)) return;
            if (!own->axis || !before->axis) break;
            if (is_half_turn(before)) angle = -angle;
            else if (is_half_turn(own)) turned[n_turned++] = place;
            else break;
            continue;
        }
        if (!own->axis || axis_on(old, qubit) != own->axis) break;
    }
    append(w, item);
}

/* All gates of a qubit that is in a basis state, replaced by one X or none. */
static void restart(Sweep *w, int qubit, int excited) {
    Places *wire = &w->wires[qubit];
    for (int64_t i = 0; i < wire->size; i++) w->done[wire->at[i]].n = 0;
    wire->size = 0;
    w->state[qubit].zero = (Complex){!excited, 0};
    w->state[qubit].one = (Complex){excited, 0};
    if (excited) {
        Item x = item_of((Gate){.code = X, .qubit = {qubit}});
        append(w, &x);
    }
}

static void take_single(Sweep *w, const Item *item) {
    if (item->base.off < 1e-9 && allows(w, item->base.off)) return;
    int q = item->g.qubit[0];
    if (!w->state[q].known) {
        add_single(w, item);
        return;
    }
    Complex zero = w->state[q].zero, one = w->state[q].one, after[2];
    applied(&item->base.m, zero, one, after);
    if (near(w, size_of(minus(mul(zero, after[1]), mul(one, after[0]))))) return;
    w->state[q].zero = after[0], w->state[q].one = after[1];
    if (near(w, size_of(after[1]))) restart(w, q, 0);
    else if (w->wires[q].size && near(w, size_of(after[0]))) restart(w, q, 1);
    else add_single(w, item);
}

static void add_several(Sweep *w, const Item *item) {
    int n = item->n;
    int64_t at[3], least[3];
    for (int k = 0; k < n; k++) {
        at[k] = w->wires[item->g.qubit[k]].size - 1;
        least[k] = at[k] - LOOK_BACK;
    }
    for (int step = 0; step < LOOK_BACK; step++) {
        int64_t place = -1;
        for (int k = 0; k < n; k++)
            if (at[k] >= 0 && at[k] > least[k]) {
                int64_t next = w->wires[item->g.qubit[k]].at[at[k]];
                if (next > place) place = next;
            }
        if (place < 0) break;
        for (int k = 0; k < n; k++)
            if (at[k] >= 0 && w->wires[item->g.qubit[k]].at[at[k]] == place) at[k]--;
        const Item *old = &w->done[place];
        if (old->n == 0) break;
        int shared = 0, clash = 0;
        for (int j = 0; j < old->n; j++)
            for (int k = 0; k < n; k++)
                if (old->g.qubit[j] == item->g.qubit[k]) {
                    int axis = axis_at(old, j);
                    shared++;
                    clash |= !(axis && axis == axis_at(item, k));
                }
        if (old->n == n && shared == n) {
            Item merged;
            int left = merge(old, item, &merged);
            if (left != APART) {
                put(w, place, left == ONE_LEFT ? &merged : NULL);
                return;
            }
        }
        if (clash) break;
    }
    append(w, item);
    for (int k = 0; k < n; k++) w->state[item->g.qubit[k]].known = 0;
}

static void take_several(Sweep *w, const Item *item);

/* exp(i angle) where all controls are 1. */
static void take_phase(Sweep *w, const int32_t *controls, int n, double angle) {
    angle = wrapped(angle);
    if (fabs(angle) < 1e-9 && allows(w, fabs(angle))) return;
    Gate g = gate0(n == 1 ? P : CP, &angle, 1);
    memcpy(g.qubit, controls, sizeof(int32_t) * (size_t)n);
    Item item = item_of(g);
    if (n == 1) take_single(w, &item);
    else take_several(w, &item);
}

static void take_swap(Sweep *w, const Item *item) {
    if (item->g.code != CSWAP) {
        add_several(w, item);
        return;
    }
    const int32_t *q = item->g.qubit;
    if (w->state[q[0]].known && near(w, size_of(w->state[q[0]].one))) return;
    if (w->state[q[1]].known && w->state[q[2]].known) {
        Complex apart = minus(mul(w->state[q[1]].zero, w->state[q[2]].one),
                              mul(w->state[q[1]].one, w->state[q[2]].zero));
        if (near(w, size_of(apart))) return;
    }
    if (w->state[q[0]].known && near(w, size_of(w->state[q[0]].zero))) {
        Item swap = item_of((Gate){.code = SWAP, .qubit = {q[1], q[2]}});
        add_several(w, &swap);
        return;
    }
    add_several(w, item);
}

static void take_several(Sweep *w, const Item *item) {
    if (!is_controlled(item->g.code)) {
        take_swap(w, item);
        return;
    }
    int32_t open[2] = {0, 0};
    int n_open = 0, target = target_of(item);
    for (int k = 0; k < item->n - 1; k++) {
        int control = item->g.qubit[k];
        if (!w->state[control].known) {
            open[n_open++] = control;
        } else if (near(w, size_of(w->state[control].one))) {
            return;
        } else if (!near(w, size_of(w->state[control].zero))) {
            open[n_open++] = control;
        }
    }
    if (!n_open) {
        int code = BASE[item->g.code];
        Gate g = gate0(code, item->g.angle, ANGLES[code]);
        g.qubit[0] = target;
        Item alone = item_of(g);
        take_single(w, &alone);
        return;
    }
    const Single *base = &item->base;
    if (base->off < 1e-9 && allows(w, base->off)) {
        take_phase(w, open, n_open, phase_of(base->m.a));
        return;
    }
    if (w->state[target].known) {
        Complex zero = w->state[target].zero, one = w->state[target].one, after[2];
        applied(&base->m, zero, one, after);
        if (near(w, size_of(minus(mul(zero, after[1]), mul(one, after[0]))))) {
            Complex left = {zero.r, -zero.i}, right = {one.r, -one.i};
            take_phase(w, open, n_open,
                       phase_of(plus(mul(left, after[0]), mul(right, after[1]))));
            return;
        }
    }
    if (n_open < item->n - 1) {
        Item fewer = item_of((Gate){.code = CX, .qubit = {open[0], target}});
        add_several(w, &fewer);
        return;
    }
    add_several(w, item);
}

static int64_t without_swaps(Item *items, int64_t n, int n_qubits) {
    int any = 0;
    for (int64_t i = 0; i < n; i++) any |= items[i].g.code == SWAP;
    if (!any) return n;
    int32_t name[64];
    for (int q = 0; q < n_qubits; q++) name[q] = q;
    int64_t kept = n;
    for (int64_t i = n - 1; i >= 0; i--) {
        Gate *g = &items[i].g;
        if (g->code == SWAP) {
            int32_t a = g->qubit[0], b = g->qubit[1], old = name[a];
            name[a] = name[b], name[b] = old;
            continue;
        }
        for (int k = 0; k < items[i].n; k++) g->qubit[k] = name[g->qubit[k]];
        items[--kept] = items[i];
    }
    memmove(items, items + kept, sizeof(Item) * (size_t)(n - kept));
    return n - kept;
}

static int64_t without_final_phases(Item *items, int64_t n) {
    uint64_t read = ~(uint64_t)0;
    int64_t kept = n;
    for (int64_t i = n - 1; i >= 0; i--) {
        const Item *item = &items[i];
        int inside = 1, diagonal = 1;
        for (int k = 0; k < item->n; k++) {
            inside &= (int)(read >> item->g.qubit[k] & 1);
            diagonal &= axis_at(item, k) == 'z';
        }
        if (inside && diagonal) continue;
        int permutes = item->g.code == SWAP || item->g.code == CSWAP ||
                       size_of(item->base.m.a) <= ROUNDING || size_of(item->base.m.b) <= ROUNDING;
        if (!(inside && permutes))
            for (int k = 0; k < item->n; k++)
                if (axis_at(item, k) != 'z') read &= ~((uint64_t)1 << item->g.qubit[k]);
        items[--kept] = *item;
    }
    memmove(items, items + kept, sizeof(Item) * (size_t)(n - kept));
    return n - kept;
}

/* One pass from the start; the gates that are left, in place. */
static int64_t sweep(Sweep *w, Item *items, int64_t n) {
    w->size = 0;
    for (int q = 0; q < w->n_qubits; q++) {
        w->wires[q].size = 0;
        w->state[q].known = 1;
        w->state[q].zero = (Complex){1, 0}, w->state[q].one = (Complex){0, 0};
    }
    for (int64_t i = 0; i < n && !w->failed; i++) {
        if (items[i].n == 1) take_single(w, &items[i]);
        else take_several(w, &items[i]);
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < w->size; i++)
        if (w->done[i].n) items[kept++] = w->done[i];
    return kept;
}

static int64_t ends_of(const Item *items, int64_t n) {
    int64_t ends = 0;
    for (int64_t i = 0; i < n; i++) ends += items[i].n;
    return ends;
}

/* effective.effective: gates into `out`, with room for n; their number, or what went wrong. */
int64_t effective(const Gate *gates, int64_t n, int32_t n_qubits, double budget, Gate *out) {
    if (!is_known(gates, n, n_qubits)) return UNKNOWN;
    Sweep *w = calloc(1, sizeof(Sweep));
    Item *items = malloc(sizeof(Item) * (size_t)(n + 1));
    int64_t kept = NO_MEMORY;
    if (w && items && (w->done = malloc(sizeof(Item) * (size_t)(n + 1)))) {
        w->budget = budget, w->n_qubits = n_qubits;
        kept = 0;
        for (int64_t i = 0; i < n; i++)
            if (gates[i].code != ID) items[kept++] = item_of(gates[i]);
        for (int turns = 0; turns < SWEEPS; turns++) {
            int64_t before = kept, ends = ends_of(items, kept);
            kept = without_swaps(items, kept, n_qubits);
            kept = without_final_phases(items, sweep(w, items, kept));
            if (kept == before && ends_of(items, kept) == ends) break;
        }
        if (w->failed) kept = NO_MEMORY;
        for (int64_t i = 0; i < kept; i++) out[i] = items[i].g;
    }
    if (w) {
        for (int q = 0; q < 64; q++) free(w->wires[q].at);
        free(w->done);
    }
    free(w), free(items);
    return kept;
}
