//! What becomes of source rows on their way to an output.

use super::{
    shaper::{Shaper, Shaping},
    splice::{Splice, Splicer},
};
use crate::Result;

/// What becomes of source rows on their way to an output where they do not stay as they are.
pub(crate) enum Form<'a> {
    /// Columns are added to them.
    Spliced(Splice<'a>),
    /// Parts of rows are made of them.
    Shaped(Shaping<'a>),
}

/// One thread's means to bring rows into form.
pub(crate) enum Former<'a> {
    Splicer(Splicer<'a>),
    Shaper(Shaper<'a>),
}

impl<'a> Form<'a> {
    pub(crate) fn former(&'a self) -> Result<Former<'a>> {
        Ok(match self {
            Self::Spliced(splice) => Former::Splicer(splice.splicer()?),
            Self::Shaped(shaping) => Former::Shaper(shaping.shaper()?),
        })
    }
}

impl Former<'_> {
    /// Writes what becomes of `row`, which is in file `source` and in slot `number` of its output.
    pub(crate) fn row(
        &mut self,
        row: &[u8],
        number: usize,
        source: usize,
        file: &dyn Fn() -> String,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match self {
            Self::Splicer(splicer) => splicer.row(row, number, file, out),
            Self::Shaper(shaper) => {
                let width = shaper.width();
                shaper.row(row, (number / width, number % width, source), file, out)
            }
        }
    }
}
