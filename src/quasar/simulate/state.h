/* State vectors of static circuits: what `small_state.c` and `state_gates.c` share.

   Gates are those of `circuits/flat_reader.c`, numbered in the order of `circuit.GATES`. Real and
   imaginary parts lie apart, so that loops over pairs of amplitudes run on whole vectors. Sums run
   in one order: the result does not depend on the machine, but for sin and cos. */

#ifndef QUASAR_STATE_H
#define QUASAR_STATE_H

#include "vectors.h"

typedef struct {
    double angle[4];
    int32_t code, qubit[3];
} Gate;

typedef struct {
    double *re, *im;
    size_t live; /* all amplitudes from here on are 0 */
} State;

enum { MOST_QUBITS = 24 };

#pragma GCC visibility push(hidden)

/* Apply gates one after another to a state of 2**n amplitudes; whether one is not known. Qubits are
   known to be there. */
int run_all(State *v, const Gate *gates, int64_t n_gates, int n);

#pragma GCC visibility pop

#endif
