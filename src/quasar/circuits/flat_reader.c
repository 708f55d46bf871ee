/* Flat OpenQASM 3 programs to arrays of gates: `qasm_flat.py` without gate definitions.

   Accepts a text only where `FlatReader` accepts it, with the same result to the last bit; in any
   doubt it gives up, and Python reads the text from the start. Memory is the caller's. */

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MOST_QUBITS = 64, MOST_BITS = 256, MOST_REGISTERS = 32, MOST_OPERANDS = 4, MOST_ANGLES = 4 };
enum { MOST_WORK = 10000000 };
enum { DONE = 0, STOPPED = 1, LEFT = 2, FULL = 3 };
/* DONE: a flat program. STOPPED: `FlatReader` would stop at this statement too. LEFT: for Python to
   read. FULL: more gates than there is room for. */

typedef struct {
    double angle[MOST_ANGLES];
    int32_t code, qubit[3];
} Gate;

typedef struct {
    int32_t name, length; /* place of its name in the text */
    int32_t quantum, first, size; /* size -1: a single bit without an index */
} Register;

typedef struct {
    int32_t n_qubits, n_bits, n_registers, n_gates, n_measured, statement;
    int32_t held[MOST_BITS]; /* by classical bit the qubit last measured into it, or -1 */
    Register registers[MOST_REGISTERS];
} Program;

typedef double (*ToDouble)(const char *, char **, void *);

/* In the order of `circuit.GATES`, which the caller compares with `gate_names`. */
static const struct { const char *name; int n_angles, n_qubits; } GATES[] = {
    {"U", 3, 1}, {"p", 1, 1}, {"x", 0, 1}, {"y", 0, 1}, {"z", 0, 1}, {"h", 0, 1}, {"s", 0, 1},
    {"sdg", 0, 1}, {"t", 0, 1}, {"tdg", 0, 1}, {"sx", 0, 1}, {"rx", 1, 1}, {"ry", 1, 1},
    {"rz", 1, 1}, {"cx", 0, 2}, {"cy", 0, 2}, {"cz", 0, 2}, {"cp", 1, 2}, {"crx", 1, 2},
    {"cry", 1, 2}, {"crz", 1, 2}, {"ch", 0, 2}, {"swap", 0, 2}, {"ccx", 0, 3}, {"cswap", 0, 3},
    {"cu", 4, 2}, {"CX", 0, 2}, {"phase", 1, 1}, {"cphase", 1, 2}, {"id", 0, 1}, {"u1", 1, 1},
    {"u2", 2, 1}, {"u3", 3, 1},
};
enum { N_GATES = sizeof GATES / sizeof *GATES };

typedef struct {
    const char *text, *at, *end;
    Program *out;
    Gate *gates;
    int64_t room;
    const char *reserved; /* words, each between blanks */
    ToDouble to_double;
    uint64_t measured;
    int64_t work; /* bits that whole registers stood for */
    int unusual; /* longer than is dealt with here */
} Reader;

static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_lower(char c) { return c >= 'a' && c <= 'z'; }
static int is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
static int is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
static char here(const Reader *r) { return r->at < r->end ? *r->at : '\0'; }

/* Blanks and comments; how many there were, -1 where a comment is never closed. */
static int blanks(Reader *r) {
    int found = 0;
    for (; r->at < r->end; found = 1) {
        char c = *r->at;
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            r->at++;
        } else if (c == '/' && r->at + 1 < r->end && r->at[1] == '/') {
            while (r->at < r->end && *r->at != '\n' && *r->at != '\r') r->at++;
        } else if (c == '/' && r->at + 1 < r->end && r->at[1] == '*') {
            const char *closed = r->at + 2;
            while (closed + 1 < r->end && !(closed[0] == '*' && closed[1] == '/')) closed++;
            if (closed + 1 >= r->end) return -1;
            r->at = closed + 2;
        } else {
            break;
        }
    }
    return found;
}

/* Whether the next character, after blanks, is this one; it is then taken. */
static int take(Reader *r, char c) {
    if (blanks(r) < 0 || here(r) != c || r->at >= r->end) return 0;
    r->at++;
    return 1;
}

static int take_text(Reader *r, const char *text) {
    size_t length = strlen(text);
    if (blanks(r) < 0 || (size_t)(r->end - r->at) < length) return 0;
    if (memcmp(r->at, text, length) != 0) return 0;
    r->at += length;
    return 1;
}

/* Length of the word that begins here, 0 where none does. */
static int32_t word(const Reader *r) {
    const char *p = r->at;
    if (p >= r->end || !is_letter(*p)) return 0;
    while (p < r->end && is_word(*p)) p++;
    return (int32_t)(p - r->at); /* the text is shorter than 2**31 */
}

static int is_text(const char *begun, int32_t length, const char *text) {
    return strlen(text) == (size_t)length && memcmp(begun, text, (size_t)length) == 0;
}

/* A number without leading zeros of at most six digits, -1 where there is none. */
static int32_t small_number(Reader *r) {
    if (blanks(r) < 0 || !is_digit(here(r))) return -1;
    const char *begun = r->at;
    int32_t value = 0;
    while (is_digit(here(r)) && r->at - begun < 7) value = 10 * value + (*r->at++ - '0');
    if (r->at - begun > 6 || (*begun == '0' && r->at - begun > 1)) return -1;
    return value;
}

/* A number as Python's `float` reads it; is_float: it has a point or an exponent. */
static int number(Reader *r, double *value, int *is_float) {
    static const double TENS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *begun = r->at;
    uint64_t digits = 0;
    int n_digits = 0, n_significant = 0, scale = 0, whole = 0;
    *is_float = 0;
    for (; is_digit(here(r)) || (here(r) == '.' && !*is_float); r->at++) {
        if (*r->at == '.') {
            *is_float = 1;
            continue;
        }
        n_digits++;
        if (*is_float) scale--; else whole++;
        if (n_significant || *r->at != '0') n_significant++;
        if (n_significant <= 18) digits = 10 * digits + (uint64_t)(*r->at - '0');
    }
    if (!n_digits) return 0;
    if (here(r) == 'e' || here(r) == 'E') {
        int sign = 1, exponent = 0, n = 0;
        r->at++;
        if (here(r) == '+' || here(r) == '-') sign = *r->at++ == '-' ? -1 : 1;
        for (; is_digit(here(r)); n++) {
            if (n == 3) return 0;
            exponent = 10 * exponent + (*r->at++ - '0');
        }
        if (!n) return 0;
        scale += sign * exponent;
        *is_float = 1;
    }
    if (!*is_float && (whole > 15 || (*begun == '0' && whole > 1))) return 0;
    if (n_significant <= 15 && scale >= -22 && scale <= 22) { /* one rounding: exact */
        *value = scale < 0 ? (double)digits / TENS[-scale] : (double)digits * TENS[scale];
        return 1;
    }
    char copy[512];
    size_t length = (size_t)(r->at - begun);
    if (length >= sizeof copy) {
        r->unusual = 1;
        return 0;
    }
    memcpy(copy, begun, length);
    copy[length] = '\0';
    char *stopped = NULL;
    *value = r->to_double(copy, &stopped, NULL);
    return stopped == copy + length;
}

static int is_pi(Reader *r) {
    if (blanks(r) < 0 || word(r) != 2 || r->at[0] != 'p' || r->at[1] != 'i') return 0;
    r->at += 2;
    return 1;
}

/* See `read_angle`. */
static int angle(Reader *r, double *value) {
    static const double PI = 3.14159265358979323846;
    int negative = take(r, '-'), is_float = 0, other_float = 0;
    double found = PI, other;
    if (blanks(r) < 0) return 0;
    if (!is_pi(r)) {
        if (!number(r, &found, &is_float) || blanks(r) < 0) return 0;
        if (here(r) == '/') {
            r->at++;
            if (!is_float || blanks(r) < 0 || !number(r, &other, &other_float)) return 0;
            if (!other_float || other == 0.0) return 0;
            found /= other;
            goto read;
        }
        if (here(r) != '*') goto read;
        r->at++;
        if (!is_pi(r)) return 0;
        found *= PI;
    }
    if (blanks(r) < 0) return 0;
    if (here(r) == '*' || here(r) == '/') {
        int divides = *r->at++ == '/';
        if (blanks(r) < 0 || !number(r, &other, &other_float)) return 0;
        if (divides && other == 0.0) return 0;
        found = divides ? found / other : found * other;
    }
read:
    if (!isfinite(found)) return 0;
    *value = negative ? -found : found;
    return 1;
}

typedef struct { int32_t first, count, whole; } Operand; /* whole: a register of several bits */

/* A register or one of its bits. */
static int operand(Reader *r, int quantum, Operand *out) {
    if (blanks(r) < 0) return 0;
    const char *begun = r->at;
    int32_t length = is_lower(here(r)) ? word(r) : 0;
    if (!length) return 0;
    r->at += length;
    const Register *found = NULL;
    for (int32_t i = 0; i < r->out->n_registers && !found; i++) {
        const Register *known = &r->out->registers[i];
        if (known->length == length && !memcmp(r->text + known->name, begun, (size_t)length))
            found = known;
    }
    if (!found || found->quantum != quantum) return 0;
    if (!take(r, '[')) {
        *out = (Operand){found->first, found->size < 0 ? 1 : found->size, found->size >= 0};
        r->work += out->count;
        if (r->work > MOST_WORK) r->unusual = 1;
        return !r->unusual;
    }
    int32_t index = small_number(r);
    if (index < 0 || !take(r, ']') || index >= found->size) return 0;
    *out = (Operand){found->first + index, 1, 0};
    return 1;
}

static int declaration(Reader *r, int quantum) {
    Program *out = r->out;
    int apart = blanks(r) > 0;
    int32_t size = -1;
    if (here(r) == '[') {
        r->at++;
        size = small_number(r);
        if (size < 1 || !take(r, ']')) return STOPPED;
        apart = 1;
    }
    if (!apart || blanks(r) < 0) return STOPPED;
    const char *begun = r->at;
    int32_t length = is_lower(here(r)) ? word(r) : 0;
    if (!length) return STOPPED;
    r->at += length;
    if (!take(r, ';')) return STOPPED;
    char spaced[64];
    if (length > 60 || out->n_registers == MOST_REGISTERS) return LEFT;
    spaced[0] = ' ';
    memcpy(spaced + 1, begun, (size_t)length);
    memcpy(spaced + 1 + length, " ", 2);
    if (strstr(r->reserved, spaced)) return STOPPED;
    for (int32_t i = 0; i < out->n_registers; i++) {
        const Register *known = &out->registers[i];
        if (known->length == length && !memcmp(r->text + known->name, begun, (size_t)length))
            return STOPPED;
    }
    int32_t bits = size < 0 ? 1 : size, *count = quantum ? &out->n_qubits : &out->n_bits;
    if (*count + bits > (quantum ? MOST_QUBITS : MOST_BITS)) return LEFT;
    Register made = {(int32_t)(begun - r->text), length, quantum, *count, size};
    out->registers[out->n_registers++] = made;
    *count += bits;
    return DONE;
}

static int measurement(Reader *r, Operand qubits, Operand bits) {
    if (!take(r, ';') || qubits.count != bits.count) return STOPPED;
    for (int32_t i = 0; i < qubits.count; i++) {
        uint64_t bit = (uint64_t)1 << (qubits.first + i);
        if (r->measured & bit) return STOPPED;
        r->out->held[bits.first + i] = qubits.first + i;
        r->measured |= bit; /* the qubits of one register differ */
        r->out->n_measured++;
    }
    return DONE;
}

/* `measure q -> c;` behind its first word. */
static int arrow(Reader *r) {
    Operand qubits, bits;
    if (blanks(r) < 1 || !operand(r, 1, &qubits)) return STOPPED;
    if (!take(r, '-') || here(r) != '>') return STOPPED;
    r->at++;
    return operand(r, 0, &bits) ? measurement(r, qubits, bits) : STOPPED;
}

/* `c = measure q;` from its start. */
static int assignment(Reader *r) {
    Operand qubits, bits;
    if (!operand(r, 0, &bits) || !take(r, '=') || blanks(r) < 0) return STOPPED;
    if (word(r) != 7 || memcmp(r->at, "measure", 7) != 0) return STOPPED;
    r->at += 7;
    if (blanks(r) < 1 || !operand(r, 1, &qubits)) return STOPPED;
    return measurement(r, qubits, bits);
}

static int barrier(Reader *r) {
    uint64_t seen = 0;
    if (blanks(r) < 1) return STOPPED;
    do {
        Operand found;
        if (!operand(r, 1, &found)) return STOPPED;
        for (int32_t i = found.first; i < found.first + found.count; i++) {
            if (seen >> i & 1) return STOPPED;
            seen |= (uint64_t)1 << i;
        }
    } while (take(r, ','));
    return take(r, ';') ? DONE : STOPPED;
}

/* Gate number `code` behind its name. */
static int application(Reader *r, int code) {
    Gate gate = {{0.0}, code, {0, 0, 0}};
    Operand operands[MOST_OPERANDS];
    int n_angles = 0, n_operands = 0, apart = blanks(r);
    if (here(r) == '(') {
        r->at++;
        do {
            if (n_angles == GATES[code].n_angles) return STOPPED;
            if (!angle(r, &gate.angle[n_angles++])) return STOPPED;
        } while (take(r, ','));
        if (!take(r, ')')) return STOPPED;
        apart = 1;
    }
    if (apart < 1 || n_angles != GATES[code].n_angles) return STOPPED;
    int32_t width = 1;
    do {
        if (n_operands == GATES[code].n_qubits) return STOPPED;
        if (!operand(r, 1, &operands[n_operands])) return STOPPED;
        if (operands[n_operands].count > width) width = operands[n_operands].count;
    } while (++n_operands, take(r, ','));
    if (!take(r, ';') || n_operands != GATES[code].n_qubits) return STOPPED;
    for (int i = 0; i < n_operands; i++)
        if (operands[i].whole && operands[i].count != width) return STOPPED;
    for (int32_t row = 0; row < width; row++) {
        uint64_t used = 0;
        for (int i = 0; i < n_operands; i++) {
            int32_t qubit = operands[i].first + (operands[i].whole ? row : 0);
            if ((used | r->measured) >> qubit & 1) return STOPPED;
            used |= (uint64_t)1 << qubit;
            gate.qubit[i] = qubit;
        }
        if (r->out->n_gates >= r->room) return FULL;
        r->gates[r->out->n_gates++] = gate;
    }
    return DONE;
}

static int statement(Reader *r) {
    int32_t length = word(r);
    const char *begun = r->at;
    if (!length) return STOPPED;
    if (is_text(begun, length, "gate")) return LEFT;
    for (int code = 0; code < N_GATES; code++) {
        if (is_text(begun, length, GATES[code].name)) {
            r->at += length;
            return application(r, code);
        }
    }
    int quantum = is_text(begun, length, "qubit");
    if (quantum || is_text(begun, length, "bit")) {
        r->at += length;
        return declaration(r, quantum);
    }
    if (is_text(begun, length, "measure")) {
        r->at += length;
        return arrow(r);
    }
    if (is_text(begun, length, "barrier")) {
        r->at += length;
        return barrier(r);
    }
    return assignment(r);
}

static int header(Reader *r) {
    if (!take_text(r, "OPENQASM") || blanks(r) < 1 || here(r) != '3') return 0;
    r->at++;
    if (here(r) == '.') {
        r->at++;
        if (!is_digit(here(r))) return 0;
        while (is_digit(here(r))) r->at++;
    }
    if (!take(r, ';') || !take_text(r, "include")) return 0;
    return take_text(r, "\"stdgates.inc\"") && take(r, ';');
}

/* Whether the last statement from here on has its semicolon. */
static int is_ended(Reader *r) {
    char last = '\0';
    while (blanks(r) >= 0) {
        if (r->at == r->end) return last == ';';
        last = *r->at++;
    }
    return 0;
}

/* The program of a text of UTF-8.

   gates: room for that many; reserved: words that name no register, each between blanks;
   to_double: PyOS_string_to_double, so that the caller holds the GIL. */
int read_program(const char *text, int64_t length, Program *out, Gate *gates, int64_t room,
                 const char *reserved, ToDouble to_double) {
    Reader r = {text, text, text + length, out, gates, room, reserved, to_double, 0, 0, 0};
    out->n_qubits = out->n_bits = out->n_registers = 0;
    out->n_gates = out->n_measured = out->statement = 0;
    memset(out->held, -1, sizeof out->held);
    if (length > INT32_MAX || !header(&r)) return LEFT;
    for (;;) {
        if (blanks(&r) < 0) return LEFT;
        if (r.at == r.end) return DONE;
        int said = statement(&r);
        if (said == STOPPED) return r.unusual || !is_ended(&r) ? LEFT : STOPPED;
        if (said != DONE) return said;
        out->statement++;
    }
}

/* Deepest nesting of brackets and braces of any kind, matched or not. */
int64_t deepest(const char *text, int64_t length) {
    int64_t depth = 0, floor = 0, most = 0;
    for (int64_t i = 0; i < length; i++) {
        char c = text[i];
        depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
        floor = depth < floor ? depth : floor;
        most = depth - floor > most ? depth - floor : most;
    }
    return most;
}

/* All names, a blank after each, and whether arithmetic is that of Python. */
int gate_names(char *out, int64_t room) {
    int64_t length = 0;
    for (int code = 0; code < N_GATES; code++) length += (int64_t)strlen(GATES[code].name) + 1;
    if (length + 1 > room || FLT_EVAL_METHOD != 0) return 0;
    *out = '\0';
    for (int code = 0; code < N_GATES; code++) {
        strcat(out, GATES[code].name);
        strcat(out, " ");
    }
    return 1;
}

int64_t program_size(void) { return (int64_t)sizeof(Program); }

const char *digest(void) { return DIGEST; }
