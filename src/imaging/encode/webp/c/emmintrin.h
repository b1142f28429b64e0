// Intel's SSE2 by wasm's own vectors: what libwebp uses of it. Each function does what Intel's intrinsics guide says
// of its name; a test compares the files that come out with those of the real instructions.
#pragma once

#include <string.h>
#include <wasm_simd128.h>

typedef v128_t __m128i;

#define SIMD static inline __attribute__((always_inline)) __m128i
#define _MM_SHUFFLE(d, c, b, a) (((d) << 6) | ((c) << 4) | ((b) << 2) | (a))
// Lane `i` of four that an immediate names.
#define LANE(order, i) (((order) >> (2 * (i))) & 3)

// Loads and stores.
SIMD _mm_load_si128(const __m128i* from) { return wasm_v128_load(from); }
SIMD _mm_loadu_si128(const __m128i* from) { return wasm_v128_load(from); }
SIMD _mm_loadl_epi64(const __m128i* from) { return wasm_v128_load64_zero(from); }
#define _mm_store_si128(to, a) wasm_v128_store((to), (a))
#define _mm_storeu_si128(to, a) wasm_v128_store((to), (a))
#define _mm_storel_epi64(to, a) wasm_v128_store64_lane((to), (a), 0)
static inline void _mm_maskmoveu_si128(__m128i a, __m128i mask, char* to) {
  unsigned char bytes[16];
  wasm_v128_store(bytes, a);
  for (int i = 0, chosen = wasm_i8x16_bitmask(mask); i < 16; ++i) {
    if (chosen >> i & 1) to[i] = (char)bytes[i];
  }
}

// Constants and single lanes.
SIMD _mm_setzero_si128(void) { return wasm_i64x2_const_splat(0); }
SIMD _mm_set1_epi8(char a) { return wasm_i8x16_splat(a); }
SIMD _mm_set1_epi16(short a) { return wasm_i16x8_splat(a); }
SIMD _mm_set1_epi32(int a) { return wasm_i32x4_splat(a); }
SIMD _mm_cvtsi32_si128(int a) { return wasm_i32x4_make(a, 0, 0, 0); }
#define _mm_set_epi32(d, c, b, a) wasm_i32x4_make(a, b, c, d)
#define _mm_set_epi16(h, g, f, e, d, c, b, a) wasm_i16x8_make(a, b, c, d, e, f, g, h)
#define _mm_setr_epi8(...) wasm_i8x16_make(__VA_ARGS__)
#define _mm_set_epi8(p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a) \
  wasm_i8x16_make(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
#define _mm_cvtsi128_si32(a) wasm_i32x4_extract_lane((a), 0)
#define _mm_insert_epi16(a, value, lane) wasm_i16x8_replace_lane((a), (lane), (short)(value))

// Bits.
SIMD _mm_and_si128(__m128i a, __m128i b) { return wasm_v128_and(a, b); }
SIMD _mm_or_si128(__m128i a, __m128i b) { return wasm_v128_or(a, b); }
SIMD _mm_xor_si128(__m128i a, __m128i b) { return wasm_v128_xor(a, b); }
SIMD _mm_andnot_si128(__m128i a, __m128i b) { return wasm_v128_andnot(b, a); }
static inline int _mm_movemask_epi8(__m128i a) { return wasm_i8x16_bitmask(a); }

// Shifts: of lanes by fewer bits than a lane has, of the whole by bytes.
SIMD _mm_slli_epi16(__m128i a, int bits) { return wasm_i16x8_shl(a, bits); }
SIMD _mm_slli_epi64(__m128i a, int bits) { return wasm_i64x2_shl(a, bits); }
SIMD _mm_srli_epi16(__m128i a, int bits) { return wasm_u16x8_shr(a, bits); }
SIMD _mm_srli_epi32(__m128i a, int bits) { return wasm_u32x4_shr(a, bits); }
SIMD _mm_srli_epi64(__m128i a, int bits) { return wasm_u64x2_shr(a, bits); }
SIMD _mm_srai_epi16(__m128i a, int bits) { return wasm_i16x8_shr(a, bits); }
SIMD _mm_srai_epi32(__m128i a, int bits) { return wasm_i32x4_shr(a, bits); }
#define BYTES_FROM(a, b, n)                                                                                \
  wasm_i8x16_shuffle((a), (b), (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7, (n) + 8, \
                     (n) + 9, (n) + 10, (n) + 11, (n) + 12, (n) + 13, (n) + 14, (n) + 15)
#define _mm_srli_si128(a, bytes) BYTES_FROM(a, _mm_setzero_si128(), bytes)
#define _mm_slli_si128(a, bytes) BYTES_FROM(_mm_setzero_si128(), a, 16 - (bytes))

// Sums and differences.
SIMD _mm_add_epi8(__m128i a, __m128i b) { return wasm_i8x16_add(a, b); }
SIMD _mm_add_epi16(__m128i a, __m128i b) { return wasm_i16x8_add(a, b); }
SIMD _mm_add_epi32(__m128i a, __m128i b) { return wasm_i32x4_add(a, b); }
SIMD _mm_add_epi64(__m128i a, __m128i b) { return wasm_i64x2_add(a, b); }
SIMD _mm_sub_epi8(__m128i a, __m128i b) { return wasm_i8x16_sub(a, b); }
SIMD _mm_sub_epi16(__m128i a, __m128i b) { return wasm_i16x8_sub(a, b); }
SIMD _mm_sub_epi32(__m128i a, __m128i b) { return wasm_i32x4_sub(a, b); }
SIMD _mm_sub_epi64(__m128i a, __m128i b) { return wasm_i64x2_sub(a, b); }
SIMD _mm_adds_epi8(__m128i a, __m128i b) { return wasm_i8x16_add_sat(a, b); }
SIMD _mm_adds_epu8(__m128i a, __m128i b) { return wasm_u8x16_add_sat(a, b); }
SIMD _mm_adds_epi16(__m128i a, __m128i b) { return wasm_i16x8_add_sat(a, b); }
SIMD _mm_adds_epu16(__m128i a, __m128i b) { return wasm_u16x8_add_sat(a, b); }
SIMD _mm_subs_epi8(__m128i a, __m128i b) { return wasm_i8x16_sub_sat(a, b); }
SIMD _mm_subs_epu8(__m128i a, __m128i b) { return wasm_u8x16_sub_sat(a, b); }
SIMD _mm_subs_epi16(__m128i a, __m128i b) { return wasm_i16x8_sub_sat(a, b); }
SIMD _mm_subs_epu16(__m128i a, __m128i b) { return wasm_u16x8_sub_sat(a, b); }
SIMD _mm_avg_epu8(__m128i a, __m128i b) { return wasm_u8x16_avgr(a, b); }
SIMD _mm_sad_epu8(__m128i a, __m128i b) {
  const __m128i apart = wasm_v128_or(wasm_u8x16_sub_sat(a, b), wasm_u8x16_sub_sat(b, a));
  const __m128i fours = wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(apart));
  return wasm_i64x2_add(wasm_v128_and(fours, wasm_i64x2_const_splat(0xffffffff)), wasm_u64x2_shr(fours, 32));
}

// Products.
SIMD _mm_mullo_epi16(__m128i a, __m128i b) { return wasm_i16x8_mul(a, b); }
SIMD _mm_madd_epi16(__m128i a, __m128i b) { return wasm_i32x4_dot_i16x8(a, b); }
SIMD _mm_mulhi_epi16(__m128i a, __m128i b) {
  const __m128i low = wasm_i32x4_extmul_low_i16x8(a, b), high = wasm_i32x4_extmul_high_i16x8(a, b);
  return wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}
SIMD _mm_mulhi_epu16(__m128i a, __m128i b) {
  const __m128i low = wasm_u32x4_extmul_low_u16x8(a, b), high = wasm_u32x4_extmul_high_u16x8(a, b);
  return wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}
SIMD _mm_mul_epu32(__m128i a, __m128i b) {
  return wasm_u64x2_extmul_low_u32x4(wasm_i32x4_shuffle(a, a, 0, 2, 0, 2), wasm_i32x4_shuffle(b, b, 0, 2, 0, 2));
}

// Comparisons.
SIMD _mm_cmpeq_epi8(__m128i a, __m128i b) { return wasm_i8x16_eq(a, b); }
SIMD _mm_cmpeq_epi16(__m128i a, __m128i b) { return wasm_i16x8_eq(a, b); }
SIMD _mm_cmpeq_epi32(__m128i a, __m128i b) { return wasm_i32x4_eq(a, b); }
SIMD _mm_cmpgt_epi8(__m128i a, __m128i b) { return wasm_i8x16_gt(a, b); }
SIMD _mm_cmpgt_epi16(__m128i a, __m128i b) { return wasm_i16x8_gt(a, b); }
SIMD _mm_cmpgt_epi32(__m128i a, __m128i b) { return wasm_i32x4_gt(a, b); }
SIMD _mm_min_epu8(__m128i a, __m128i b) { return wasm_u8x16_min(a, b); }
SIMD _mm_max_epu8(__m128i a, __m128i b) { return wasm_u8x16_max(a, b); }
SIMD _mm_min_epi16(__m128i a, __m128i b) { return wasm_i16x8_min(a, b); }
SIMD _mm_max_epi16(__m128i a, __m128i b) { return wasm_i16x8_max(a, b); }

// Lanes put elsewhere, narrowed and interleaved.
#define _mm_shuffle_epi32(a, order) \
  wasm_i32x4_shuffle((a), (a), LANE(order, 0), LANE(order, 1), LANE(order, 2), LANE(order, 3))
#define _mm_shufflelo_epi16(a, order) \
  wasm_i16x8_shuffle((a), (a), LANE(order, 0), LANE(order, 1), LANE(order, 2), LANE(order, 3), 4, 5, 6, 7)
#define _mm_shufflehi_epi16(a, order)                                                             \
  wasm_i16x8_shuffle((a), (a), 0, 1, 2, 3, 4 + LANE(order, 0), 4 + LANE(order, 1), 4 + LANE(order, 2), \
                     4 + LANE(order, 3))
SIMD _mm_packs_epi16(__m128i a, __m128i b) { return wasm_i8x16_narrow_i16x8(a, b); }
SIMD _mm_packus_epi16(__m128i a, __m128i b) { return wasm_u8x16_narrow_i16x8(a, b); }
SIMD _mm_packs_epi32(__m128i a, __m128i b) { return wasm_i16x8_narrow_i32x4(a, b); }
SIMD _mm_unpacklo_epi8(__m128i a, __m128i b) {
  return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
SIMD _mm_unpackhi_epi8(__m128i a, __m128i b) {
  return wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
SIMD _mm_unpacklo_epi16(__m128i a, __m128i b) { return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
SIMD _mm_unpackhi_epi16(__m128i a, __m128i b) { return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
SIMD _mm_unpacklo_epi32(__m128i a, __m128i b) { return wasm_i32x4_shuffle(a, b, 0, 4, 1, 5); }
SIMD _mm_unpackhi_epi32(__m128i a, __m128i b) { return wasm_i32x4_shuffle(a, b, 2, 6, 3, 7); }
SIMD _mm_unpacklo_epi64(__m128i a, __m128i b) { return wasm_i64x2_shuffle(a, b, 0, 2); }
SIMD _mm_unpackhi_epi64(__m128i a, __m128i b) { return wasm_i64x2_shuffle(a, b, 1, 3); }
