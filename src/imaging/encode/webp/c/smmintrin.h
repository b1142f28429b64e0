// What libwebp uses of SSE3, SSSE3 and SSE4.1, as emmintrin.h has it of SSE2.
#pragma once

#include "emmintrin.h"

#define _mm_extract_epi8(a, lane) wasm_u8x16_extract_lane((a), (lane))
SIMD _mm_abs_epi16(__m128i a) { return wasm_i16x8_abs(a); }
SIMD _mm_cvtepu8_epi16(__m128i a) { return wasm_u16x8_extend_low_u8x16(a); }
SIMD _mm_mullo_epi32(__m128i a, __m128i b) { return wasm_i32x4_mul(a, b); }
SIMD _mm_hadd_epi32(__m128i a, __m128i b) {
  return wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
}
// `a` with the signs of `b`, and zero where `b` is zero.
SIMD _mm_sign_epi16(__m128i a, __m128i b) {
  const __m128i negative = wasm_i16x8_shr(b, 15);
  const __m128i turned = wasm_i16x8_sub(wasm_v128_xor(a, negative), negative);
  return wasm_v128_andnot(turned, wasm_i16x8_eq(b, _mm_setzero_si128()));
}
// Intel looks at the highest bit and the lowest four of an index, wasm at all of them.
SIMD _mm_shuffle_epi8(__m128i a, __m128i indices) {
  return wasm_i8x16_swizzle(a, wasm_v128_and(indices, wasm_i8x16_const_splat((signed char)0x8f)));
}
SIMD _mm_blendv_epi8(__m128i a, __m128i b, __m128i mask) {
  return wasm_v128_bitselect(b, a, wasm_i8x16_shr(mask, 7));
}
#define FROM_B(mask, lane) ((lane) + 8 * (((mask) >> (lane)) & 1))
#define _mm_blend_epi16(a, b, mask)                                                                            \
  wasm_i16x8_shuffle((a), (b), FROM_B(mask, 0), FROM_B(mask, 1), FROM_B(mask, 2), FROM_B(mask, 3), FROM_B(mask, 4), \
                     FROM_B(mask, 5), FROM_B(mask, 6), FROM_B(mask, 7))
