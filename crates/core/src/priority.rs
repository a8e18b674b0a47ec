//! Chance, fixed by the seed, a stage's name and a row's identity, and by nothing else.
//!
//! A row's *priority* is one output of ChaCha8:
//!
//! | part | value |
//! | --- | --- |
//! | key | BLAKE3 `derive_key` with the context `unskew/priority/1` over the seed (8 bytes, little endian) and the stage's name |
//! | stream | the first 8 bytes, little endian, of BLAKE3 over the source's label, a zero byte and the file's identity |
//! | word | 2 × the row's number in the file |
//!
//! With `identity: <column>` the stream is the first 8 bytes of BLAKE3 over the canonical JSON of the value (as a
//! group key: long text and lists stand shortened, with a hash) and the word is 0; so it is for the priority of a group, over the canonical JSON of the list of its key's parts. A row's
//! *chance* is made the same way with the context `unskew/chance/1`, then taken through
//! [`unskew_strategy::derive`] with the number of the copy. These values are frozen.
//!
//! ```
//! use unskew_core::priority::{Dice, Stream};
//!
//! let dice = Dice::new(42, "cap");
//! let rows = Stream::of_file("rollouts", "train");
//! assert_eq!(dice.priority(rows, 0), 13_347_656_820_256_326_889);
//! assert_eq!(dice.priority(rows, 1_000_000), 12_568_472_006_952_124_670);
//! let math = Stream::of_value(br#"["math"]"#);
//! assert_eq!(dice.priority(math, 0), 4_125_682_797_337_678_730);
//! ```

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// The chance of one stage.
#[derive(Debug, Clone)]
pub struct Dice {
    priority: [u8; 32],
    chance: [u8; 32],
}

/// Which of a stage's streams of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stream(u64);

/// Which of a row's two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The same for every copy of a row.
    Priority,
    /// The start of what differs between copies.
    Chance,
}

impl Stream {
    /// The stream of the rows of a file.
    pub fn of_file(label: &str, identity: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(label.as_bytes()).update(&[0]).update(identity.as_bytes());
        Self::first_bytes(&hasher.finalize())
    }

    /// The stream of a value, given as canonical JSON.
    pub fn of_value(canonical: &[u8]) -> Self {
        Self::first_bytes(&blake3::hash(canonical))
    }

    /// The stream's number, little endian.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    fn first_bytes(hash: &blake3::Hash) -> Self {
        let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
        Self(u64::from_le_bytes(*first))
    }
}

impl Dice {
    /// The chance of the stage called `stage`.
    pub fn new(seed: u64, stage: &str) -> Self {
        let material = [&seed.to_le_bytes()[..], stage.as_bytes()].concat();
        let key = |context| blake3::derive_key(context, &material);
        Self { priority: key("unskew/priority/1"), chance: key("unskew/chance/1") }
    }

    /// The priority of one row, or of a value at row 0.
    pub fn priority(&self, stream: Stream, row: u64) -> u64 {
        let mut numbers = self.numbers(Kind::Priority, stream);
        numbers.at(row)
    }

    /// The numbers of a stream, to be asked for in ascending order.
    pub fn numbers(&self, kind: Kind, stream: Stream) -> Numbers {
        let key = match kind {
            Kind::Priority => self.priority,
            Kind::Chance => self.chance,
        };
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream.0);
        Numbers { generator, next: 0 }
    }
}

/// The numbers of one stream.
#[derive(Debug, Clone)]
pub struct Numbers {
    generator: ChaCha8Rng,
    next: u64,
}

impl Numbers {
    /// The number of `row`; cheap when rows come in ascending order.
    pub fn at(&mut self, row: u64) -> u64 {
        const NEAR: u64 = 32;
        if row < self.next || row - self.next > NEAR {
            self.generator.set_word_pos(2 * u128::from(row));
        } else {
            for _ in self.next..row {
                self.generator.next_u64();
            }
        }
        self.next = row + 1;
        self.generator.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_are_frozen() {
        let dice = Dice::new(42, "cap");
        let stream = Stream::of_file("rollouts", "train");
        let rows: Vec<_> = [0, 1, 2, 1_000_000].iter().map(|row| dice.priority(stream, *row)).collect();
        assert_eq!(
            rows,
            [
                13_347_656_820_256_326_889,
                3_871_891_902_476_583_187,
                12_965_970_707_513_474_497,
                12_568_472_006_952_124_670
            ]
        );
        let mut chances = dice.numbers(Kind::Chance, stream);
        assert_eq!([chances.at(0), chances.at(1)], [15_568_939_149_008_980_292, 45_079_438_486_019_237]);
        assert_eq!(dice.priority(Stream::of_value(br#"["math"]"#), 0), 4_125_682_797_337_678_730);
    }

    #[test]
    fn the_way_does_not_matter() {
        let (dice, stream) = (Dice::new(7, "x"), Stream::of_file("a", "b"));
        let mut forward = dice.numbers(Kind::Priority, stream);
        for row in [0, 1, 2, 5, 31, 64, 65, 97, 98, 1 << 20, (1 << 20) + 33, 3, 0] {
            assert_eq!(forward.at(row), dice.priority(stream, row), "{row}");
        }
    }

    #[test]
    fn everything_that_enters_changes_the_value() {
        let stream = Stream::of_file("a", "b");
        let base = Dice::new(7, "x").priority(stream, 3);
        assert_ne!(base, Dice::new(8, "x").priority(stream, 3));
        assert_ne!(base, Dice::new(7, "y").priority(stream, 3));
        assert_ne!(base, Dice::new(7, "x").priority(Stream::of_file("ab", ""), 3));
        assert_ne!(base, Dice::new(7, "x").priority(stream, 4));
        assert_ne!(base, Dice::new(7, "x").numbers(Kind::Chance, stream).at(3));
    }
}
