//! A look at what describes a Parquet file, its footer, page indexes and page headers, before any decoder allocates what it promises.

use crate::{Error, Result};

/// How deep a schema, or the footer itself, may be nested.
const DEEPEST: usize = 100;

/// Walks Thrift's compact encoding without keeping anything.
struct Walk<'a> {
    bytes: &'a [u8],
    /// How many elements of the schema tree are still to come at each open level.
    open: Vec<u64>,
    /// The larger of the sizes in a page header.
    page_size: u64,
}

/// Checks that every length in `footer` is one that its bytes can hold and that the schema is no abyss.
pub(super) fn check(file: &str, footer: &[u8]) -> Result<()> {
    if holds(footer, Role::Footer) { Ok(()) } else { Err(excess(file, "its footer")) }
}

/// Checks an index of pages as [`check`] does a footer.
pub(super) fn check_page_index(file: &str, index: &[u8]) -> Result<()> {
    if holds(index, Role::Other) { Ok(()) } else { Err(excess(file, "its page index")) }
}

/// The bytes that a page claims, packed or unpacked, if a header stands at the front of `bytes`, as whole as it says.
pub(super) fn page_size(bytes: &[u8]) -> Option<u64> {
    let mut walk = Walk::over(bytes);
    walk.structure(0, Role::Page)?;
    Some(walk.page_size)
}

fn holds(bytes: &[u8], role: Role) -> bool {
    Walk::over(bytes).structure(0, role).is_some()
}

/// What is wrong with a file of which `what` is more than its bytes.
pub(super) fn excess(file: &str, what: &str) -> Error {
    Error::Damaged { file: file.to_owned(), detail: format!("{what} promises more than it holds") }
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Footer,
    Schema,
    SchemaElement,
    Page,
    Other,
}

impl<'a> Walk<'a> {
    fn over(bytes: &'a [u8]) -> Self {
        Self { bytes, open: vec![], page_size: 0 }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn pass(&mut self, count: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn structure(&mut self, depth: usize, role: Role) -> Option<()> {
        let mut field = 0_i64;
        let mut children = 0;
        loop {
            let header = self.byte()?;
            if header.trailing_zeros() >= 4 {
                break;
            }
            field = match header >> 4 {
                0 => unzigzag(self.varint()?),
                step => field.wrapping_add(i64::from(step)),
            };
            match (header & 0x0f, role, field) {
                (1 | 2, ..) => {}
                (5, Role::SchemaElement, 5) => children = u64::try_from(unzigzag(self.varint()?)).ok()?,
                (5, Role::Page, 2 | 3) => {
                    let size = unzigzag(self.varint()?);
                    self.page_size = self.page_size.max(u64::try_from(size).unwrap_or(0));
                }
                (kind, Role::Footer, 2) => self.value(kind, depth, Role::Schema)?,
                (kind, ..) => self.value(kind, depth, Role::Other)?,
            }
        }
        if role == Role::SchemaElement {
            self.element(children)?;
        }
        Some(())
    }

    /// Takes note of one more element of the schema tree.
    fn element(&mut self, children: u64) -> Option<()> {
        if let Some(left) = self.open.last_mut() {
            *left = left.checked_sub(1)?;
        }
        if children > 0 {
            self.open.push(children);
        }
        while self.open.last() == Some(&0) {
            self.open.pop();
        }
        (self.open.len() <= DEEPEST).then_some(())
    }

    fn value(&mut self, kind: u8, depth: usize, role: Role) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            1..=3 => self.pass(1),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            9 | 10 => self.list(depth, role),
            11 => self.map(depth),
            12 => self.structure(depth + 1, Role::Other),
            13 => self.pass(16),
            _ => None,
        }
    }

    fn list(&mut self, depth: usize, role: Role) -> Option<()> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        if count > self.bytes.len() as u64 {
            return None;
        }
        for _ in 0..count {
            match (header & 0x0f, role) {
                (12, Role::Schema) => self.structure(depth + 1, Role::SchemaElement)?,
                (kind, _) => self.value(kind, depth + 1, Role::Other)?,
            }
        }
        Some(())
    }

    fn map(&mut self, depth: usize) -> Option<()> {
        let count = self.varint()?;
        if count == 0 {
            return Some(());
        }
        let kinds = self.byte()?;
        if count > self.bytes.len() as u64 {
            return None;
        }
        for _ in 0..count {
            self.value(kinds >> 4, depth + 1, Role::Other)?;
            self.value(kinds & 0x0f, depth + 1, Role::Other)?;
        }
        Some(())
    }
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_longer_than_the_footer_is_refused() {
        // Field 4 is a list of structs with two thousand million of them.
        let footer = [0x49, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00];
        assert!(check("x", &footer).is_err());
        assert!(check("x", &[0x49, 0x0c, 0x00]).is_ok());
    }

    #[test]
    fn a_page_tells_the_larger_of_its_sizes() {
        // Fields 1, 2 and 3 are the page's kind and its sizes unpacked and packed; a structure follows.
        let header = [0x15, 0x00, 0x15, 0xc8, 0x01, 0x15, 0x06, 0x2c, 0x15, 0x02, 0x00, 0x00];
        assert_eq!(page_size(&header), Some(100));
        assert_eq!(page_size(&header[..11]), None);
    }

    #[test]
    fn a_schema_nested_too_deep_is_refused() {
        let element = [0x55, 0x02, 0x00];
        let footer = |count: u8| [&[0x29, 0xfc, count][..], &element.repeat(count.into()), &[0]].concat();
        assert!(check("x", &footer(90)).is_ok());
        assert!(check("x", &footer(110)).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = check("x", &bytes);
        }
    }
}
