/* One-qubit gates as `one_qubit.py` has them, with the arithmetic of Python's complex numbers. */

#include "gates.h"

#include <float.h>

static Complex over(Complex a, Complex b) {
    if (fabs(b.r) >= fabs(b.i)) {
        double ratio = b.i / b.r, below = b.r + b.i * ratio;
        return (Complex){(a.r + a.i * ratio) / below, (a.i - a.r * ratio) / below};
    }
    double ratio = b.r / b.i, below = b.r * ratio + b.i;
    return (Complex){(a.r * ratio + a.i) / below, (a.i * ratio - a.r) / below};
}
static Complex root_of(Complex z) {
    if (z.r == 0 && z.i == 0) return (Complex){0, z.i};
    double x = fabs(z.r), y = fabs(z.i), s;
    if (x < DBL_MIN && y < DBL_MIN) {
        x = ldexp(x, 54);
        s = ldexp(sqrt(x + hypot(x, ldexp(y, 54))), -27);
    } else {
        x /= 8.0;
        s = 2.0 * sqrt(x + hypot(x, y / 8.0));
    }
    double d = y / (2.0 * s);
    return z.r >= 0 ? (Complex){s, copysign(d, z.i)} : (Complex){d, copysign(s, z.i)};
}

double wrapped(double angle) { return atan2(sin(angle), cos(angle)); }
double wrapped_twice(double angle) { return 2 * wrapped(angle / 2); }

Matrix matrix_product(Matrix l, Matrix e) {
    return (Matrix){plus(mul(l.a, e.a), mul(l.b, e.c)), plus(mul(l.a, e.b), mul(l.b, e.d)),
                    plus(mul(l.c, e.a), mul(l.d, e.c)), plus(mul(l.c, e.b), mul(l.d, e.d))};
}

Quaternion quaternion(Matrix m) {
    Complex root = root_of(minus(mul(m.a, m.d), mul(m.b, m.c)));
    Complex a = over(m.a, root), b = over(m.b, root), c = over(m.c, root), d = over(m.d, root);
    return (Quaternion){(a.r + d.r) / 2, {-(b.i + c.i) / 2, (c.r - b.r) / 2, (d.i - a.i) / 2}};
}

double off_identity(Matrix m) {
    Quaternion q = quaternion(m);
    return q.w * q.w > 0.5 ? sqrt(q.v[0] * q.v[0] + q.v[1] * q.v[1] + q.v[2] * q.v[2]) : 1.0;
}

static Single describe(Matrix m) {
    Quaternion q = quaternion(m);
    double off = sqrt(q.v[0] * q.v[0] + q.v[1] * q.v[1] + q.v[2] * q.v[2]);
    Single found = {m, 0.0, off, 0};
    int seen = (fabs(q.v[0]) > ROUNDING) + (fabs(q.v[1]) > ROUNDING) + (fabs(q.v[2]) > ROUNDING);
    for (int k = 0; k < 3 && seen <= 1; k++)
        if (fabs(fabs(q.v[k]) - off) <= ROUNDING) {
            found.axis = "xyz"[k];
            found.angle = wrapped(2.0 * atan2(q.v[k], q.w));
            break;
        }
    return found;
}

static Matrix u_matrix(double theta, double phi, double lambda) {
    double c = cos(theta / 2), s = sin(theta / 2);
    Complex l = turn(lambda), f = turn(phi), both = turn(phi + lambda);
    return (Matrix){{c, 0}, {-l.r * s, -l.i * s}, {f.r * s, f.i * s}, {both.r * c, both.i * c}};
}

Matrix matrix_of(int code, const double *angle) {
    const double r = sqrt(0.5);
    double c, s;
    switch (code) {
    case X: return (Matrix){{0, 0}, {1, 0}, {1, 0}, {0, 0}};
    case Y: return (Matrix){{0, 0}, {0, -1}, {0, 1}, {0, 0}};
    case Z: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {-1, 0}};
    case H: return (Matrix){{r, 0}, {r, 0}, {r, 0}, {-r, 0}};
    case S: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {0, 1}};
    case SDG: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {0, -1}};
    case T: return (Matrix){{1, 0}, {0, 0}, {0, 0}, turn(0.25 * M_PI)};
    case TDG: return (Matrix){{1, 0}, {0, 0}, {0, 0}, turn(-0.25 * M_PI)};
    case SX: return (Matrix){{0.5, 0.5}, {0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}};
    case P: return (Matrix){{1, 0}, {0, 0}, {0, 0}, turn(angle[0])};
    case U: return u_matrix(angle[0], angle[1], angle[2]);
    case U2: return u_matrix(M_PI / 2, angle[0], angle[1]);
    case RX: case RY: case RZ:
        c = cos(angle[0] / 2), s = sin(angle[0] / 2);
        if (code == RX) return (Matrix){{c, 0}, {0, -s}, {0, -s}, {c, 0}};
        if (code == RY) return (Matrix){{c, 0}, {-s, 0}, {s, 0}, {c, 0}};
        return (Matrix){{c, -s}, {0, 0}, {0, 0}, {c, s}};
    default: return (Matrix){{1, 0}, {0, 0}, {0, 0}, {1, 0}}; /* ID */
    }
}

static Single single_of(int code, const double *angle) {
    if (code == PHASE || code == U1) code = P;
    if (code == U3) code = U;
    Single found = describe(matrix_of(code, angle));
    static const struct { int8_t axis, eighths; } QUARTERS[SX + 1] = {
        [X] = {'x', 4}, [Y] = {'y', 4}, [Z] = {'z', 4}, [SX] = {'x', 2}, [S] = {'z', 2},
        [SDG] = {'z', -2}, [T] = {'z', 1}, [TDG] = {'z', -1},
    };
    if (code <= SX && QUARTERS[code].axis) {
        found.axis = QUARTERS[code].axis;
        found.angle = QUARTERS[code].eighths * M_PI / 4;
    } else if (code == RX || code == RY || code == RZ || code == P) {
        found.axis = code == RX ? 'x' : code == RY ? 'y' : 'z';
        found.angle = wrapped(angle[0]);
    }
    return found;
}

/* What happens to the only qubit, or to the target of a controlled gate. */
Single base_of(const Gate *g) {
    if (g->code == SWAP || g->code == CSWAP) return (Single){.off = 1.0};
    if (g->code != CU)
        return single_of(is_controlled(g->code) ? BASE[g->code] : g->code, g->angle);
    Matrix m = u_matrix(g->angle[0], g->angle[1], g->angle[2]);
    Complex f = turn(g->angle[3]);
    return describe((Matrix){mul(f, m.a), mul(f, m.b), mul(f, m.c), mul(f, m.d)});
}
