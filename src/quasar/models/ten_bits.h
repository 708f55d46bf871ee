/* Products with weights of ten bits: little more to read than bytes, and a quarter of their error.

   A weight is an integer of ten bits times the scale of its group: 64 inputs of one output. A
   token's inputs are integers of sixteen bits times the token's own scale. Sums over a group are of
   integers, so without rounding; those over groups run in order, in float32, whatever the batch.

   Covers packing and the product. Needs AVX2; elsewhere HAS_TEN_BITS is 0.

   Layout: panels of 32 outputs; a panel is its groups in order; a group is 32 scales in bfloat16,
   then for each pair of inputs 80 bytes: the upper eight bits for four times eight outputs, both
   inputs of an output side by side, then 16 bytes with the lower two bits of the four, the first in
   the lowest bits. Missing outputs and inputs are zeros. */

#if !defined(__AVX2__)
#define HAS_TEN_BITS 0
#else
#define HAS_TEN_BITS 1
#include <immintrin.h>

#define GROUP 64
#define PAIRS (GROUP / 2)
#define PAIR_BYTES 80
#define GROUP_BYTES (2 * PANEL + PAIRS * PAIR_BYTES)
#define TOP_WEIGHT 511
#define TOP_INPUT 32767 /* 64 * 511 * 32767 < 2**31 */
#define MOST_ROWS 6
#define AHEAD 2048 /* bytes fetched ahead */

/* GCC would make all products of a step before it adds any, and run out of registers. */
#define IN_ORDER(x) __asm__("" : "+x"(x))

INLINE int32_t groups_of(int32_t in) { return (in + GROUP - 1) / GROUP; }
INLINE v8 size_of(v8 x) { return (v8)((i8x)x & 0x7FFFFFFF); }
INLINE v8 larger(v8 a, v8 b) { return (v8)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE v8 floats_of(__m256i x) { return (v8)_mm256_cvtepi32_ps(x); }
INLINE v8 plus_product(v8 sum, v8 a, v8 b) {
    return (v8)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)sum);
}
INLINE v8 load_bfloat(const uint16_t *p) {
    return (v8)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16);
}
INLINE float largest(v8 x) {
    float most = x[0];
    for (int i = 1; i < 8; i++) most = x[i] > most ? x[i] : most;
    return most;
}

/* Sixteen integers, from numbers times a factor. */
INLINE __m256i rounded(v8 a, v8 b, v8 factor) {
    __m256i low = _mm256_cvtps_epi32((__m256)(a * factor));
    __m256i high = _mm256_cvtps_epi32((__m256)(b * factor));
    return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
}

/* The integers of a group of one output, `in` of whose inputs are left; the scale is returned. */
INLINE uint16_t round_group(const char *weights, int wide, int in, int16_t *to) {
    v8 x[GROUP / 8], most = all(0);
    for (int i = 0; i < GROUP / 8; i++) {
        x[i] = 8 * i >= in ? all(0)
               : wide      ? load((const float *)weights + 8 * i)
                           : load_bfloat((const uint16_t *)weights + 8 * i);
        most = larger(most, size_of(x[i]));
    }
    union { float number; uint32_t word; } scale = {largest(most) / TOP_WEIGHT};
    if (scale.number < 1e-30f) scale.number = 0;
    scale.word = (scale.word + 0xFFFF) & 0xFFFF0000u; /* up, so that none is beyond TOP_WEIGHT */
    v8 factor = all(scale.word ? 1.0f / scale.number : 0);
    for (int i = 0; i < GROUP / 8; i += 2)
        _mm256_storeu_si256((__m256i *)(to + 8 * i), rounded(x[i], x[i + 1], factor));
    return (uint16_t)(scale.word >> 16);
}

/* Eight outputs, the `part`-th of a panel; `weights` [8, in]. */
static void pack_eight(const char *weights, int wide, int in, int part, char *panel) {
    const int64_t each = wide ? 4 : 2;
    int32_t pairs[8][PAIRS];
    for (int g = 0; g < groups_of(in); g++) {
        char *group = panel + (int64_t)g * GROUP_BYTES, *at = group + 2 * PANEL;
        for (int o = 0; o < 8; o++) {
            const char *from = weights + ((int64_t)o * in + (int64_t)g * GROUP) * each;
            ((uint16_t *)group)[8 * part + o] =
                round_group(from, wide, in - g * GROUP, (int16_t *)pairs[o]);
        }
        for (int k = 0; k < PAIRS; k++, at += PAIR_BYTES) {
            __m256i both = _mm256_set_epi32(pairs[7][k], pairs[6][k], pairs[5][k], pairs[4][k],
                                            pairs[3][k], pairs[2][k], pairs[1][k], pairs[0][k]);
            __m256i upper = _mm256_srai_epi16(both, 2);
            __m256i lower = _mm256_slli_epi16(_mm256_and_si256(both, _mm256_set1_epi16(3)), 2 * part);
            __m256i bytes = _mm256_permute4x64_epi64(
                _mm256_packs_epi16(upper, _mm256_setzero_si256()), 0xD8);
            _mm_storeu_si128((__m128i *)(at + 16 * part), _mm256_castsi256_si128(bytes));
            bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(lower, _mm256_setzero_si256()), 0xD8);
            __m128i *low = (__m128i *)(at + 4 * 16);
            _mm_storeu_si128(low, _mm_or_si128(_mm_loadu_si128(low), _mm256_castsi256_si128(bytes)));
        }
    }
}

/* The integers of a pair of inputs, of eight outputs each. */
INLINE void unpack(const char *at, __m256i w[4]) {
    const __m256i three = _mm256_set1_epi16(3);
    __m256i lower = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(at + 4 * 16)));
    UNROLL for (int p = 0; p < 4; p++) {
        __m256i upper = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(at + 16 * p)));
        w[p] = _mm256_or_si256(_mm256_slli_epi16(upper, 2), _mm256_and_si256(lower, three));
        lower = _mm256_srli_epi16(lower, 2);
    }
}

INLINE __m256i pair(const int16_t *x) { return _mm256_set1_epi32(*(const int32_t *)x); }

/* Integers of `rows` inputs, [groups, rows, GROUP], and their scales. */
static void round_inputs(const float *x, int rows, int in, int16_t *to, float *scales) {
    for (int r = 0; r < rows; r++) {
        const float *row = x + (int64_t)r * in;
        v8 most = all(0);
        for (int i = 0; i < in; i += 8) most = larger(most, size_of(load(row + i)));
        float top = largest(most);
        v8 factor = all(top > 1e-30f ? TOP_INPUT / top : 0);
        scales[r] = top / TOP_INPUT;
        for (int i = 0; i < groups_of(in) * GROUP; i += 16) {
            v8 a = i < in ? load(row + i) : all(0), b = i + 8 < in ? load(row + i + 8) : all(0);
            int16_t *place = to + ((int64_t)(i / GROUP) * rows + r) * GROUP + i % GROUP;
            _mm256_storeu_si256((__m256i *)place, rounded(a, b, factor));
        }
    }
}

/* A panel for one row, read only once. */
INLINE void panel_alone(const char *panel, int groups, const int16_t *x, float scale, float *y,
                        int add) {
    v8 sums[4];
    UNROLL for (int p = 0; p < 4; p++) sums[p] = all(0);
    for (int g = 0; g < groups; g++, panel += GROUP_BYTES, x += GROUP) {
        const char *at = panel + 2 * PANEL;
        __m256i acc[4], w[4];
        UNROLL for (int p = 0; p < 4; p++) acc[p] = _mm256_setzero_si256();
        for (int k = 0; k < PAIRS; k++, at += PAIR_BYTES) {
            __builtin_prefetch(at + AHEAD);
            unpack(at, w);
            __m256i b = pair(x + 2 * k);
            UNROLL for (int p = 0; p < 4; p++)
                acc[p] = _mm256_add_epi32(acc[p], _mm256_madd_epi16(w[p], b));
        }
        UNROLL for (int p = 0; p < 4; p++)
            sums[p] = plus_product(sums[p], floats_of(acc[p]),
                                   load_bfloat((const uint16_t *)panel + 8 * p));
    }
    UNROLL for (int p = 0; p < 4; p++)
        store(y + 8 * p, plus_product(add ? load(y + 8 * p) : all(0), sums[p], all(scale)));
}

/* sums [rows, PANEL] += one group of sixteen outputs; w [PAIRS, PANEL] pairs, x [rows, GROUP]. */
INLINE void tile_of_group(const int rows, const int16_t *w, const int16_t *x, const uint16_t *scales,
                          float *sums) {
    __m256i acc[MOST_ROWS][2];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int j = 0; j < 2; j++) acc[r][j] = _mm256_setzero_si256();
    for (int k = 0; k < PAIRS; k++) {
        __m256i w0 = _mm256_loadu_si256((const __m256i *)(w + 2 * PANEL * k));
        __m256i w1 = _mm256_loadu_si256((const __m256i *)(w + 2 * PANEL * k + 16));
        UNROLL for (int r = 0; r < rows; r++) {
            __m256i b = pair(x + GROUP * r + 2 * k);
            acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(w0, b));
            IN_ORDER(acc[r][0]);
            acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(w1, b));
            IN_ORDER(acc[r][1]);
        }
    }
    v8 scale[2] = {load_bfloat(scales), load_bfloat(scales + 8)};
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int j = 0; j < 2; j++) {
            float *to = sums + PANEL * r + 8 * j;
            store(to, plus_product(load(to), floats_of(acc[r][j]), scale[j]));
        }
}

static void group_of_rows(const int16_t *w, const int16_t *x, const uint16_t *scales, float *sums,
                          int rows) {
    const int tiles = (rows + MOST_ROWS - 1) / MOST_ROWS;
    for (int t = 0, r = 0; t < tiles; t++) {
        const int own = (rows - r) / (tiles - t);
#define TILE(n)                                                                                  \
    case n:                                                                                      \
        for (int half = 0; half < 2; half++)                                                     \
            tile_of_group(n, w + 32 * half, x + GROUP * r, scales + 16 * half,                   \
                          sums + PANEL * r + 16 * half);                                         \
        break;
        switch (own) { TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) }
#undef TILE
        r += own;
    }
}

INLINE int64_t ten_bits_scratch(int32_t rows, int32_t in) { /* floats */
    return (int64_t)rows * (groups_of(in) * GROUP / 2 + 1 + PANEL) + PAIRS * PANEL;
}

/* y [rows, ld_y] = (y +) x [rows, in] times the packed matrix of `out` outputs. */
static void product_ten_bits(const char *panel, const float *x, int rows, int in, int out, float *y,
                             int ld_y, int add, float *scratch) {
    const int groups = groups_of(in);
    float *scales = scratch, *sums = scales + rows;
    int16_t *inputs = (int16_t *)(sums + (int64_t)rows * PANEL);
    int16_t *weights = inputs + (int64_t)rows * groups * GROUP;
    round_inputs(x, rows, in, inputs, scales);
    for (int n = 0; n < out; n += PANEL) {
        if (rows == 1) {
            panel_alone(panel, groups, inputs, scales[0], y + n, add);
            panel += (int64_t)groups * GROUP_BYTES;
            continue;
        }
        for (int i = 0; i < rows * PANEL; i += 8) store(sums + i, all(0));
        for (int g = 0; g < groups; g++, panel += GROUP_BYTES) {
            const char *at = panel + 2 * PANEL;
            for (int k = 0; k < PAIRS; k++, at += PAIR_BYTES) {
                __m256i w[4];
                __builtin_prefetch(at + AHEAD);
                unpack(at, w);
                UNROLL for (int p = 0; p < 4; p++)
                    _mm256_storeu_si256((__m256i *)(weights + 2 * PANEL * k + 16 * p), w[p]);
            }
            group_of_rows(weights, inputs + (int64_t)g * rows * GROUP, (const uint16_t *)panel, sums,
                          rows);
        }
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < PANEL; i += 8) {
                float *to = y + (int64_t)r * ld_y + n + i;
                v8 own = load(sums + PANEL * r + i);
                store(to, plus_product(add ? load(to) : all(0), own, all(scales[r])));
            }
    }
}
#endif
