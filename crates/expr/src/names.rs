//! Short names that stand for expressions.

use std::collections::BTreeMap;

use crate::Expression;

/// Short names that stand for expressions, such as a recipe's `columns`.
///
/// A name that stands for a path is a prefix of longer paths; any other name stands for its whole expression. A name
/// hides a member of the row that is called alike, except in its own definition, which was parsed before it.
///
/// ```
/// use unskew_expr::{Expression, Names};
///
/// let mut names = Names::default();
/// for (name, text) in [("prompt", "params.input"), ("score", "number(score)")] {
///     let expression = Expression::parse(text, &names)?;
///     names.define(name, expression);
/// }
/// let expression = Expression::parse("length(prompt[0].content) * score", &names)?;
/// assert_eq!(expression.reads(), ["length(params.input[0].content)", "number(score)"]);
/// # Ok::<(), unskew_expr::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<String, Expression>);

impl Names {
    /// Lets `name` stand for `expression` in expressions parsed from here on.
    pub fn define(&mut self, name: &str, expression: Expression) {
        self.0.insert(name.to_owned(), expression);
    }

    /// What `name` stands for.
    pub fn get(&self, name: &str) -> Option<&Expression> {
        self.0.get(name)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// How deep the tree of a name is at most.
    pub(crate) fn deepest(&self) -> usize {
        self.0.values().map(Expression::depth).max().unwrap_or(0)
    }
}
