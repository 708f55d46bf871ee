/* One forward pass of a small Qwen3 model over a batch of tokens, on one thread.

   Covers what `small_qwen.py` prepares: packed weights, root mean square norms, rotary positions,
   attention over each sequence's own cache, the gated feed-forward part. Does not cover tokens,
   sampling, files or memory: Python does. Needs nothing but a C compiler with vector extensions
   (GCC or Clang); no library, not even libm.

   Weights are bfloat16 or float32 as stored, or integers of ten bits (`ten_bits.h`). A token's
   result does not depend on the other tokens of the batch, to the last bit: every sum over k runs in
   order, whatever the batch.

   Layouts (W = width, D = head, H = heads, G = kv_heads, F = ffn):
   matrix [out, in]   panels of 32 outputs, for each input k the 32 weights; as bfloat16 they are
                      16 pairs, the lower half of a word for outputs 0-7 and 16-23 of the panel,
                      the upper for 8-15 and 24-31
   keys               [G, room / 8, D, 8]: eight positions side by side
   values             [G, room, D] */

#include <stdint.h>

typedef float v8 __attribute__((vector_size(32)));
typedef uint32_t u8x __attribute__((vector_size(32)));
typedef int32_t i8x __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4)));
typedef uint32_t u8u __attribute__((vector_size(32), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define PANEL 32
#define UNROLL _Pragma("GCC unroll 16")

typedef struct {
    const void *qkv, *out, *gate_up, *down;            /* packed */
    const float *norm_in, *norm_q, *norm_k, *norm_ffn; /* [W], [D], [D], [W] */
} Layer;

typedef struct {
    int32_t layers, width, heads, kv_heads, head, ffn, kind; /* kind: of the layers' matrices */
    float eps;
    const Layer *layer;
    const float *embedding;  /* [V, W] */
    const float *norm_out;   /* [W] */
    const float *cosine, *sine; /* [positions, D / 2] */
} Model;

enum Kind { BFLOAT, FLOAT, TEN_BITS };

int32_t supported(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#else
    return 1;
#endif
}

/* Keys and values are kept as 16-bit floats: reading them is what a long answer costs. */
#if defined(__F16C__)
#include <immintrin.h>
INLINE v8 load_half(const uint16_t *p) {
    return (v8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
INLINE void store_half(uint16_t *p, v8 x) {
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph((__m256)x, _MM_FROUND_TO_NEAREST_INT));
}
#else
typedef _Float16 half8 __attribute__((vector_size(16), aligned(2)));
INLINE v8 load_half(const uint16_t *p) {
    return __builtin_convertvector(*(const half8 *)p, v8);
}
INLINE void store_half(uint16_t *p, v8 x) {
    *(half8 *)p = __builtin_convertvector(x, half8);
}
#endif

INLINE v8 load(const float *p) { return *(const v8u *)p; }
INLINE void store(float *p, v8 x) { *(v8u *)p = x; }
INLINE v8 all(float x) { return (v8){x, x, x, x, x, x, x, x}; }
INLINE float sum(v8 x) { return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7])); }

/* e**x to about two units in the last place (Cephes' expf); 0 below -87. */
INLINE v8 exp8(v8 x) {
    v8 low = all(-87.0f), high = all(88.0f);
    i8x under = x < low, over = x > high;
    x = (v8)(((i8x)low & under) | ((i8x)x & ~under));
    x = (v8)(((i8x)high & over) | ((i8x)x & ~over));
    v8 scaled = x * all(1.44269504088896341f) + all(12582912.0f);
    i8x power = (i8x)scaled - 0x4B400000;
    v8 n = scaled - all(12582912.0f);
    v8 r = x - n * all(0.693359375f) + n * all(2.12194440e-4f);
    v8 y = all(1.9875691500e-4f);
    y = y * r + all(1.3981999507e-3f);
    y = y * r + all(8.3334519073e-3f);
    y = y * r + all(4.1665795894e-2f);
    y = y * r + all(1.6666665459e-1f);
    y = y * r + all(5.0000001201e-1f);
    y = y * r * r + r + all(1.0f);
    v8 factor = (v8)((power + 127) << 23);
    return (v8)((i8x)(y * factor) & ~under);
}

#include "ten_bits.h"

INLINE float root(float x) {
#if defined(__x86_64__)
    return __builtin_ia32_sqrtss((__attribute__((vector_size(16))) float){x})[0];
#else
    return __builtin_sqrtf(x);
#endif
}

INLINE void norm(float *out, const float *x, const float *weight, int n, float eps) {
    v8 squares = all(0);
    for (int i = 0; i < n; i += 8) squares += load(x + i) * load(x + i);
    v8 scale = all(1.0f / root(sum(squares) / (float)n + eps));
    for (int i = 0; i < n; i += 8) store(out + i, load(weight + i) * (load(x + i) * scale));
}

/* `rows` results of `pairs` times 16 outputs, in panels `stride` bytes apart; what lies `ahead`
   bytes further is fetched meanwhile, 0: nothing. */
INLINE void tile(const int rows, const int pairs, const int wide, const char *w, int64_t stride,
                 const float *x, int in, float *y, int ld_y, int add, int64_t ahead) {
    v8 acc[6][8];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int j = 0; j < 2 * pairs; j++) acc[r][j] = all(0);
    for (int k = 0; k < in; k++) {
        if (ahead) {
            UNROLL for (int p = 0; p < pairs; p += 2) {
                const char *next = w + ahead + (p / 2) * stride + (int64_t)k * (wide ? 128 : 64);
                __builtin_prefetch(next);
                if (wide) __builtin_prefetch(next + 64);
            }
        }
        UNROLL for (int p = 0; p < pairs; p++) {
            /* Halves of a panel lie side by side; the next panel is `stride` away. */
            const char *at = w + (p / 2) * stride + (int64_t)(2 * k + p % 2) * (wide ? 64 : 32);
            v8 low, high;
            if (wide) {
                low = load((const float *)at);
                high = load((const float *)at + 8);
            } else {
                u8x words = *(const u8u *)at;
                low = (v8)(words << 16);
                high = (v8)(words & 0xFFFF0000u);
            }
            UNROLL for (int r = 0; r < rows; r++) {
                v8 b = all(x[(int64_t)r * in + k]);
                acc[r][2 * p] += low * b;
                acc[r][2 * p + 1] += high * b;
            }
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int j = 0; j < 2 * pairs; j++) {
            float *to = y + (int64_t)r * ld_y + 8 * j;
            store(to, add ? load(to) + acc[r][j] : acc[r][j]);
        }
}

/* y [tokens, ld_y] = (y +) x [tokens, in] times the packed matrix of `out` outputs, a multiple of
   PANEL. As many sums at a time as the registers hold. */
INLINE void product_of(const int wide, const void *w, const float *x, int tokens, int in, int out,
                       float *y, int ld_y, int add) {
    const int64_t stride = (int64_t)in * PANEL * (wide ? 4 : 2);
    const char *panel = (const char *)w;
    int n = 0;
    if (tokens == 1)
        for (; n + 2 * PANEL <= out; n += 2 * PANEL, panel += 2 * stride)
            tile(1, 4, wide, panel, stride, x, in, y + n, ld_y, add, 0);
    for (; n < out; n += PANEL, panel += stride) {
        int r = 0;
#define TILES(rows, pairs)                                                                       \
    for (; r + rows <= tokens; r += rows)                                                        \
        for (int half = 0; half < 2; half += pairs)                                              \
            tile(rows, pairs, wide, panel + half * (wide ? 64 : 32), stride,                     \
                 x + (int64_t)r * in, in, y + (int64_t)r * ld_y + n + 16 * half, ld_y, add,          \
                 r || half ? 0 : stride);
        TILES(6, 1)
        TILES(4, 1)
        TILES(2, 2)
        TILES(1, 2)
#undef TILES
    }
}

static void product(enum Kind kind, const void *w, const float *x, int tokens, int in, int out,
                    float *y, int ld_y, int add, float *scratch) {
#if HAS_TEN_BITS
    if (kind == TEN_BITS) return product_ten_bits(w, x, tokens, in, out, y, ld_y, add, scratch);
#endif
    (void)scratch;
    if (kind == FLOAT) product_of(1, w, x, tokens, in, out, y, ld_y, add);
    else product_of(0, w, x, tokens, in, out, y, ld_y, add);
}

/* Norm of one head, then its rotation by the position. */
INLINE void turn(float *x, const float *weight, const float *c, const float *s, int d, float eps) {
    norm(x, x, weight, d, eps);
    int half = d / 2;
    for (int i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * c[i] - b * s[i];
        x[i + half] = b * c[i] + a * s[i];
    }
}

/* out [D] = attention of one head's query to `n` positions. */
INLINE void attend(const int d, float *out, const float *q, const uint16_t *keys,
                   const uint16_t *values, int n, float *score) {
    float scale = 1.0f / root((float)d), top = -1e30f;
    int blocks = (n + 7) / 8;
    for (int b = 0; b < blocks; b++) {
        const uint16_t *k = keys + (int64_t)b * d * 8;
        v8 s0 = all(0), s1 = all(0), s2 = all(0), s3 = all(0);
        for (int i = 0; i < d; i += 4) {
            s0 += all(q[i]) * load_half(k + 8 * i);
            s1 += all(q[i + 1]) * load_half(k + 8 * i + 8);
            s2 += all(q[i + 2]) * load_half(k + 8 * i + 16);
            s3 += all(q[i + 3]) * load_half(k + 8 * i + 24);
        }
        store(score + 8 * b, ((s0 + s1) + (s2 + s3)) * all(scale));
    }
    for (int t = n; t < 8 * blocks; t++) score[t] = -1e30f;
    for (int t = 0; t < n; t++) top = score[t] > top ? score[t] : top;
    v8 total = all(0);
    for (int b = 0; b < blocks; b++) {
        v8 e = exp8(load(score + 8 * b) - all(top));
        store(score + 8 * b, e);
        total += e;
    }
    v8 share = all(1.0f / sum(total));
    if (d == 64) {
        v8 acc[8];
        UNROLL for (int j = 0; j < 8; j++) acc[j] = all(0);
        for (int t = 0; t < n; t++) {
            v8 p = all(score[t]);
            UNROLL for (int j = 0; j < 8; j++) acc[j] += p * load_half(values + (int64_t)t * 64 + 8 * j);
        }
        UNROLL for (int j = 0; j < 8; j++) store(out + 8 * j, acc[j] * share);
        return;
    }
    for (int j = 0; j < d; j += 8) {
        v8 acc = all(0);
        for (int t = 0; t < n; t++) acc += all(score[t]) * load_half(values + (int64_t)t * d + j);
        store(out + j, acc * share);
    }
}

/* Elements of scratch memory that `forward` needs. */
int64_t scratch_floats(const Model *m, int32_t tokens, int32_t room) {
    const int64_t qkv = (int64_t)(m->heads + 2 * m->kv_heads) * m->head;
    const int64_t mixed = (int64_t)m->heads * m->head;
    int64_t floats = (2 * (int64_t)m->width + (qkv + PANEL) + mixed + 3 * (int64_t)m->ffn) * tokens;
#if HAS_TEN_BITS
    int64_t in = m->width > m->ffn ? m->width : m->ffn;
    floats += ten_bits_scratch(tokens, (int32_t)(mixed > in ? mixed : in));
#endif
    return floats + room;
}

/* Queries and keys of a token normed and turned, keys and values put into its cache; q [ld_qkv]. */
INLINE void remember(const Model *m, const Layer *p, float *q, int t, int room, uint16_t *keys,
                     uint16_t *values) {
    const int d = m->head, h = m->heads, g = m->kv_heads;
    const float *c = m->cosine + (int64_t)t * (d / 2), *s = m->sine + (int64_t)t * (d / 2);
    for (int a = 0; a < h; a++) turn(q + a * d, p->norm_q, c, s, d, m->eps);
    for (int a = 0; a < g; a++) {
        float *k = q + (h + a) * d, *v = q + (h + g + a) * d;
        turn(k, p->norm_k, c, s, d, m->eps);
        uint16_t *to_k = keys + (int64_t)a * room * d + (int64_t)(t / 8) * d * 8 + t % 8;
        uint16_t *to_v = values + ((int64_t)a * room + t) * d, eight[8];
        for (int j = 0; j < d; j += 8) {
            store_half(to_v + j, load(v + j));
            store_half(eight, load(k + j));
            for (int e = 0; e < 8; e++) to_k[8 * (j + e)] = eight[e];
        }
    }
}

/* Hidden states [wanted, W] after the last norm of tokens `want`, rising, of a batch.

   tokens, positions, slots [n]: a slot's tokens stand in order of their positions
   cache[slot]: keys of all layers, then values of all layers
   room: positions that each cache has room for, a multiple of 8 */
void forward(const Model *m, const int32_t *tokens, const int32_t *positions, const int32_t *slots,
             int32_t n, uint16_t *const *cache, int32_t room, const int32_t *want, int32_t wanted,
             float *out, float *scratch) {
    const int w = m->width, d = m->head, h = m->heads, g = m->kv_heads, f = m->ffn;
    const int ld_qkv = ((h + 2 * g) * d + PANEL - 1) / PANEL * PANEL;
    const int64_t a_layer = (int64_t)g * room * d;
    float *x = scratch, *y = x + (int64_t)n * w, *qkv = y + (int64_t)n * w;
    float *mixed = qkv + (int64_t)n * ld_qkv, *gate = mixed + (int64_t)n * h * d;
    float *act = gate + (int64_t)n * 2 * f, *score = act + (int64_t)n * f, *rest = score + room;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < w; j++) x[(int64_t)i * w + j] = m->embedding[(int64_t)tokens[i] * w + j];
    for (int l = 0; l < m->layers; l++) {
        const Layer *p = m->layer + l;
        for (int i = 0; i < n; i++) norm(y + (int64_t)i * w, x + (int64_t)i * w, p->norm_in, w, m->eps);
        product(m->kind, p->qkv, y, n, w, ld_qkv, qkv, ld_qkv, 0, rest);
        for (int i = 0; i < n; i++) {
            uint16_t *keys = cache[slots[i]] + l * a_layer;
            remember(m, p, qkv + (int64_t)i * ld_qkv, positions[i], room, keys,
                     keys + m->layers * a_layer);
        }
        /* After the last layer's keys and values only the wanted tokens go on. */
        const int last = l == m->layers - 1, going = last ? wanted : n;
        for (int i = 0; i < going; i++) {
            const int from = last ? want[i] : i;
            const uint16_t *keys = cache[slots[from]] + l * a_layer;
            const uint16_t *values = keys + m->layers * a_layer;
            for (int a = 0; a < h; a++) {
                const int64_t at = (int64_t)(a / (h / g)) * room * d;
                const float *q = qkv + (int64_t)from * ld_qkv + a * d;
                float *to = mixed + ((int64_t)i * h + a) * d;
                if (d == 64) attend(64, to, q, keys + at, values + at, positions[from] + 1, score);
                else attend(d, to, q, keys + at, values + at, positions[from] + 1, score);
            }
            if (from != i)
                for (int j = 0; j < w; j++) x[(int64_t)i * w + j] = x[(int64_t)from * w + j];
        }
        if (going == 0) return;
        product(m->kind, p->out, mixed, going, h * d, w, x, w, 1, rest);
        for (int i = 0; i < going; i++)
            norm(y + (int64_t)i * w, x + (int64_t)i * w, p->norm_ffn, w, m->eps);
        product(m->kind, p->gate_up, y, going, w, 2 * f, gate, 2 * f, 0, rest);
        for (int i = 0; i < going; i++)
            for (int j = 0; j < f; j += 8) {
                v8 a = load(gate + (int64_t)i * 2 * f + j), b = load(gate + (int64_t)i * 2 * f + f + j);
                store(act + (int64_t)i * f + j, a / (all(1.0f) + exp8(-a)) * b);
            }
        product(m->kind, p->down, act, going, f, w, x, w, 1, rest);
    }
    for (int i = 0; i < wanted; i++)
        norm(out + (int64_t)i * w, x + (int64_t)i * w, m->norm_out, w, m->eps);
}

/* Bytes of a packed matrix. */
int64_t packed_bytes(int32_t kind, int32_t in, int32_t out) {
    const int64_t panels = (out + PANEL - 1) / PANEL;
#if HAS_TEN_BITS
    if (kind == TEN_BITS) return panels * groups_of(in) * GROUP_BYTES;
#endif
    return panels * PANEL * in * (kind == FLOAT ? 4 : 2);
}

/* Pack `count` outputs, multiples of 8, as number `first` and so on of a matrix that was zeros.
   weights [count, in]: float32 if `wide`, else bfloat16; as `kind` says where that is no integer. */
void pack(int32_t kind, int32_t wide, const char *weights, int32_t in, int32_t first, int32_t count,
          char *packed) {
    for (int o = 0; o < count; o++, weights += (int64_t)in * (wide ? 4 : 2)) {
        const int place = (first + o) % PANEL, half = place % 16;
        char *panel = packed + (int64_t)((first + o) / PANEL) * packed_bytes(kind, in, PANEL);
#if HAS_TEN_BITS
        if (kind == TEN_BITS) {
            if (place % 8 == 0) pack_eight(weights, wide, in, place / 8, panel);
            continue;
        }
#endif
        for (int k = 0; k < in; k++) {
            if (wide) ((uint32_t *)panel)[PANEL * k + place] = ((const uint32_t *)weights)[k];
            else /* two to a word: the lower half is of the first eight outputs of sixteen */
                ((uint16_t *)panel)[PANEL * k + place / 16 * 16 + 2 * (half % 8) + half / 8] =
                    ((const uint16_t *)weights)[k];
        }
    }
}

const char *digest(void) { return DIGEST; }

int32_t has_ten_bits(void) { return HAS_TEN_BITS; }

/* y [rows, out] = x [rows, in] times a packed matrix of `out` outputs, a multiple of PANEL; kind
   BFLOAT or FLOAT. */
void multiply(int32_t kind, const void *w, const float *x, int32_t rows, int32_t in, int32_t out,
              float *y) {
    product(kind, w, x, rows, in, out, y, out, 0, 0);
}

/* out [count] = the scores of some tokens alone, of one hidden state [W]. */
void scores_of(const Model *m, const float *hidden, const int64_t *tokens, int32_t count, float *out) {
    for (int i = 0; i < count; i++) {
        const float *row = m->embedding + tokens[i] * m->width;
        v8 total = all(0);
        for (int j = 0; j < m->width; j += 8) total += load(row + j) * load(hidden + j);
        out[i] = sum(total);
    }
}

/* A cache's first `n` positions, rounded up to 8, into another one. */
void copy_cache(const Model *m, const uint16_t *from, uint16_t *to, int32_t room, int32_t n) {
    const int64_t used = (int64_t)(n + 7) / 8 * 8 * m->head, part = (int64_t)room * m->head;
    for (int64_t p = 0; p < 2 * (int64_t)m->layers * m->kv_heads; p++)
        for (int64_t i = 0; i < used; i++) to[p * part + i] = from[p * part + i];
}
