//! Making rows of their parts.

use super::spill::LineSink;
use crate::Result;

/// Makes one object of several that come one after another, each on a line of its own.
#[derive(Debug, Default)]
pub(crate) struct Joiner {
    bytes: Vec<u8>,
    /// Where each complete row ends.
    ends: Vec<usize>,
}

impl Joiner {
    /// Takes parts of rows, each an object that ends with a line feed; the first is part `part` of `width`.
    pub(crate) fn push(&mut self, bytes: &[u8], ends: &[usize], mut part: usize, width: usize) {
        let mut start = 0;
        for &end in ends {
            // What remains of all parts of a row is one opening brace and one closing brace with its line feed.
            let to = if part + 1 == width { end } else { end - 2 };
            if part > 0 {
                self.bytes.push(b',');
                start += 1;
            }
            self.bytes.extend_from_slice(&bytes[start..to]);
            if part + 1 == width {
                self.ends.push(self.bytes.len());
            }
            part = (part + 1) % width;
            start = end;
        }
    }

    /// Gives the rows that are complete to `sink`.
    pub(crate) fn give(&mut self, sink: &mut LineSink<'_>) -> Result<()> {
        let Some(&end) = self.ends.last() else { return Ok(()) };
        sink(&self.bytes[..end], &self.ends)?;
        self.bytes.drain(..end);
        self.ends.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_rows_however_they_come() {
        let parts =
            [r#"{"a":1}"#, r#"{"b":{}}"#, r#"{"c":[]}"#, r#"{"a":2}"#, r#"{"b":{"x":3}}"#, r#"{"c":"}"}"#];
        for at_once in 1..=6 {
            let (mut joiner, mut text) = (Joiner::default(), vec![]);
            for (chunk, some) in parts.chunks(at_once).enumerate() {
                let (mut bytes, mut ends) = (vec![], vec![]);
                for part in some {
                    bytes.extend_from_slice(part.as_bytes());
                    bytes.push(b'\n');
                    ends.push(bytes.len());
                }
                joiner.push(&bytes, &ends, chunk * at_once % 3, 3);
                let mut take = |bytes: &[u8], ends: &[usize]| {
                    assert_eq!(ends.last(), Some(&bytes.len()));
                    text.extend_from_slice(bytes);
                    Ok(())
                };
                joiner.give(&mut take).unwrap();
            }
            let expected = "{\"a\":1,\"b\":{},\"c\":[]}\n{\"a\":2,\"b\":{\"x\":3},\"c\":\"}\"}\n";
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }
}
