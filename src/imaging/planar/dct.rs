//! The constants of the accurate integer DCT of libjpeg (`jidctint.c`, `jfdctint.c`: Loeffler, Ligtenberg and
//! Moschytz), arranged for sums of two products, and the vectors that both directions work with.

use wide::{i16x8, i32x4};

use super::lanes::narrowed;

/// Bits after the point of constants.
pub const CONST_BITS: u32 = 13;

/// Bits after the point between the two passes.
pub const PASS1_BITS: u32 = 2;

/// √2·c6 and what both rotations of the even part come to, as libjpeg rounds them.
pub const EVEN: [[i16; 2]; 2] = [[4433, 4433 - 15137], [4433 + 6270, 4433]];

/// The odd part: of z3 and z4, with √2·c3 multiplied in.
pub const SHARED: [[i16; 2]; 2] = [[9633 - 16069, 9633], [9633, 9633 - 3196]];

/// The odd part: of the first and last, and of the second and third input.
pub const OUTER: [[i16; 2]; 2] = [[2446 - 7373, -7373], [-7373, 12299 - 7373]];
/// See [`OUTER`].
pub const INNER: [[i16; 2]; 2] = [[16819 - 20995, -20995], [-20995, 25172 - 20995]];

/// Eight numbers with room for products.
#[derive(Clone, Copy, Debug)]
pub struct Wide([i32x4; 2]);

impl Wide {
    /// Divided by two to the power of `bits`, rounded, as far as it fits.
    #[inline(always)]
    pub fn rounded(self, bits: u32) -> i16x8 {
        let half = i32x4::splat(1 << (bits - 1));
        let [low, high] = self.0.map(|part| (part + half) >> bits);
        narrowed(low, high)
    }
}

impl std::ops::Add for Wide {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([a + c, b + d])
    }
}

impl std::ops::Sub for Wide {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([a - c, b - d])
    }
}

/// Two vectors side by side, element by element.
#[derive(Clone, Copy, Debug)]
pub struct Pair([i16x8; 2]);

impl Pair {
    /// Of `first` and `second`.
    #[inline(always)]
    pub fn new(first: i16x8, second: i16x8) -> Self {
        let [a, b, c, d, e, f, g, h] = first.to_array();
        let [i, j, k, l, m, n, o, p] = second.to_array();
        Self([i16x8::new([a, i, b, j, c, k, d, l]), i16x8::new([e, m, f, n, g, o, h, p])])
    }

    /// The first times the one, plus the second times the other factor.
    #[inline(always)]
    pub fn dot(self, [first, second]: [i16; 2]) -> Wide {
        let factors = i16x8::new([first, second, first, second, first, second, first, second]);
        Wide(self.0.map(|part| part.dot(factors)))
    }
}
