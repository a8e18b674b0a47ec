//! Finding where texts in JSON stop, many bytes at a time.

use wide::u8x16;

/// Where a text stops being plain, in one stretch of a row: at quotes, backslashes and control characters.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    /// Where the stretch ends.
    end: usize,
    /// A bit for each byte of the stretch, the first in the lowest.
    bits: u64,
}

/// How many bytes are looked at together.
const STRETCH: usize = 64;

impl Stops {
    /// The first stop in `bytes` at `from` or behind; never asked for a place before one that was asked for.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &[u8], mut from: usize) -> Option<usize> {
        loop {
            if from < self.end {
                let bits = self.bits >> (STRETCH - (self.end - from));
                if bits != 0 {
                    return Some(from + bits.trailing_zeros() as usize);
                }
                from = self.end;
            }
            if from >= bytes.len() {
                return None;
            }
            self.end = from + STRETCH;
            self.bits = stops(&stretch(&bytes[from..]));
        }
    }
}

/// The first bytes of `rest`, and spaces where it is shorter.
#[inline]
fn stretch(rest: &[u8]) -> [u8; STRETCH] {
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut stretch = [b' '; STRETCH];
        stretch[..rest.len()].copy_from_slice(rest);
        stretch
    })
}

/// A bit for each byte that stops a text.
#[inline]
fn stops(bytes: &[u8; STRETCH]) -> u64 {
    let (lanes, _) = bytes.as_chunks();
    let bits = |at: usize| {
        let lane = u8x16::new(lanes[at]);
        let quote = lane.simd_eq(u8x16::splat(b'"'));
        let backslash = lane.simd_eq(u8x16::splat(b'\\'));
        let control = lane.min(u8x16::splat(0x1F)).simd_eq(lane);
        u64::from((quote | backslash | control).to_bitmask()) << (16 * at)
    };
    bits(0) | bits(1) | bits(2) | bits(3)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::Stops;

    proptest! {
        #[test]
        fn stops_are_found_wherever_they_stand(
            bytes in vec(prop_oneof![8 => 0x20..=0xFF_u8, 1 => 0..0x20_u8, 1 => Just(b'"'), 1 => Just(b'\\')], 0..300),
            steps in vec(0..90_usize, 0..40),
        ) {
            let mut stops = Stops::default();
            let mut from = 0;
            for step in steps {
                let stop = |&at: &usize| matches!(bytes[at], b'"' | b'\\' | 0..0x20);
                let found = stops.next(&bytes, from);
                prop_assert_eq!(found, (from..bytes.len()).find(stop));
                from = found.unwrap_or(from) + step;
            }
        }
    }
}
