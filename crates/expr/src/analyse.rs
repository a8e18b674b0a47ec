//! What a resolved expression reads, and how.

use std::ops::{ControlFlow, Range};

use datafusion_sql::sqlparser::ast::{Expr, Visit, Visitor};

use crate::{Error, Result, functions, resolve, syntax};

/// A column that an expression reads.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// The column.
    pub(crate) name: String,
    /// Where it is first named.
    pub(crate) span: Option<Range<usize>>,
    /// Whether it is read outside all aggregates somewhere.
    pub(crate) loose: bool,
    /// Whether it is the list that a function with a lambda goes over.
    pub(crate) list: bool,
}

/// What is known of an expression before its types are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Analysis {
    pub(crate) reads: Vec<Read>,
    pub(crate) aggregate: bool,
}

/// Analyses `tree`, which was parsed from `text`.
pub(crate) fn analyse(text: &str, tree: &Expr) -> Result<Analysis> {
    let mut reader = Reader { text, aggregates: 0, lists: vec![], found: Analysis::default() };
    if let ControlFlow::Break(error) = tree.visit(&mut reader) {
        return Err(*error);
    }
    let mut found = reader.found;
    // The tree is not always walked in the order of the text.
    found.reads.sort_by_key(|read| read.span.as_ref().map(|span| span.start));
    Ok(found)
}

struct Reader<'a> {
    text: &'a str,
    /// How many aggregates are around.
    aggregates: usize,
    lists: Vec<String>,
    found: Analysis,
}

impl Visitor for Reader<'_> {
    type Break = Box<Error>;

    fn pre_visit_expr(&mut self, tree: &Expr) -> ControlFlow<Box<Error>> {
        if functions::is_aggregate(tree) {
            if self.aggregates > 0 {
                let error = Error::new(
                    "an aggregate cannot stand in another",
                    self.text,
                    syntax::span_of(self.text, tree),
                );
                return ControlFlow::Break(Box::new(error));
            }
            self.aggregates += 1;
            self.found.aggregate = true;
        }
        if let Some(list) = functions::lambda_list(tree).and_then(resolve::column) {
            self.lists.push(list.to_owned());
        }
        if let Some(name) = resolve::column(tree).filter(|name| !name.ends_with('\'')) {
            let loose = self.aggregates == 0;
            let list = self.lists.iter().any(|list| list == name);
            if let Some(read) = self.found.reads.iter_mut().find(|read| read.name == name) {
                read.loose |= loose;
                read.list |= list;
            } else {
                let span = syntax::span_of(self.text, tree);
                self.found.reads.push(Read { name: name.to_owned(), span, loose, list });
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, tree: &Expr) -> ControlFlow<Box<Error>> {
        if functions::is_aggregate(tree) {
            self.aggregates -= 1;
        }
        ControlFlow::Continue(())
    }
}
