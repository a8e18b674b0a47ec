//! Turns the host's random numbers into further ones, without a generator.
//!
//! These functions are frozen: their values are part of the contract, so that a recipe gives the same rows with
//! any later version and in any language. `finish` is the finaliser of SplitMix64:
//!
//! ```text
//! finish(z):  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
//!             z = (z ^ (z >> 27)) * 0x94d049bb133111eb
//!             z ^ (z >> 31)
//! derive(chance, copy, epoch) = finish(chance + finish((epoch << 32 | copy) + 0x9e3779b97f4a7c15))
//! mix(chosen, rejected)       = finish(finish(chosen + 0xd1b54a32d192ed03) + rejected)
//! ```
//!
//! Sums and products wrap at 64 bits.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const PAIR: u64 = 0xd1b5_4a32_d192_ed03;

/// A random number for one copy of a row in one epoch, out of the row's own.
///
/// For one copy and epoch no two chances meet in one number, and for one chance no two copies or epochs do.
///
/// ```
/// use unskew_strategy::derive;
///
/// assert_eq!(derive(0, 0, 0), 0x4821_8226_ff3c_d4bf);
/// assert_eq!(derive(0, 1, 0), 0xdce4_23fc_82c0_d5b8);
/// assert_eq!(derive(0, 0, 1), 0x0381_96b5_b0c9_1985);
/// assert_eq!(derive(42, 0, 0), 0x7891_e57d_ec8a_229e);
/// assert_eq!(derive(u64::MAX, 7, 3), 0x37ef_7af9_29fc_1276);
/// ```
pub fn derive(chance: u64, copy: u32, epoch: u32) -> u64 {
    let which = u64::from(epoch) << 32 | u64::from(copy);
    finish(chance.wrapping_add(finish(which.wrapping_add(GOLDEN))))
}

/// A random number for a pair, out of those of its two sides; the sides are not interchangeable.
///
/// ```
/// use unskew_strategy::mix;
///
/// assert_eq!(mix(0, 0), 0x4e96_155e_5f0a_1c3f);
/// assert_eq!(mix(0, 1), 0x54a5_cfdc_74b8_1f70);
/// assert_eq!(mix(1, 0), 0xdf63_09d6_4d15_629a);
/// assert_eq!(mix(u64::MAX, 42), 0x0df5_3d5d_790f_b816);
/// ```
pub fn mix(chosen: u64, rejected: u64) -> u64 {
    finish(finish(chosen.wrapping_add(PAIR)).wrapping_add(rejected))
}

/// A random number as a fraction, at least 0 and below 1: its 53 highest bits.
///
/// ```
/// use unskew_strategy::uniform;
///
/// assert_eq!(uniform(0), 0.0);
/// assert_eq!(uniform(1 << 63), 0.5);
/// assert!(uniform(u64::MAX) < 1.0);
/// ```
pub fn uniform(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

fn finish(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bits of derived numbers are even-handed: consecutive chances, copies and epochs give no pattern.
    #[test]
    fn every_bit_is_set_half_of_the_time() {
        let numbers = (0..30).flat_map(|i| (0..30).flat_map(move |j| (0..30).map(move |k| derive(i, j, k))));
        let mut set = [0; 64];
        for number in numbers {
            for (bit, count) in set.iter_mut().enumerate() {
                *count += number >> bit & 1;
            }
        }
        assert!(set.iter().all(|&count| (13_000..14_000).contains(&count)), "{set:?}");
    }

    proptest! {
        #[test]
        fn copies_and_epochs_differ(chance: u64, a: (u32, u32), b: (u32, u32)) {
            prop_assert_eq!(derive(chance, a.0, a.1) == derive(chance, b.0, b.1), a == b);
        }

        #[test]
        fn chances_stay_distinct(a: u64, b: u64, copy: u32, epoch: u32) {
            prop_assert_eq!(derive(a, copy, epoch) == derive(b, copy, epoch), a == b);
        }

        #[test]
        fn sides_of_a_pair_are_not_interchangeable(chosen: u64, rejected: u64) {
            prop_assert_eq!(mix(chosen, rejected) == mix(rejected, chosen), chosen == rejected);
        }

        #[test]
        fn fractions_keep_the_order(a: u64, b: u64) {
            prop_assert!((0.0..1.0).contains(&uniform(a)));
            prop_assert!(a > b || uniform(a) <= uniform(b));
        }
    }
}
