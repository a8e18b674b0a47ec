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

    /// What the name at the front of a path stands for, and how the path goes on. A name of two members, such as
    /// `chosen.score`, goes before one of its first.
    pub(crate) fn of_path<'a>(&self, head: &str, rest: &'a str) -> Option<(&Expression, &'a str)> {
        let two = rest.strip_prefix('.').and_then(|rest| {
            let (second, behind) = rest.split_at(member_end(rest));
            self.0.get(&format!("{head}.{second}")).map(|named| (named, behind))
        });
        two.or_else(|| self.0.get(head).map(|named| (named, rest)))
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

/// Where the member at the front of a path ends.
fn member_end(path: &str) -> usize {
    let mut quoted = false;
    let end = path.find(|letter| {
        quoted ^= letter == '`';
        !quoted && matches!(letter, '.' | '[')
    });
    end.unwrap_or(path.len())
}
