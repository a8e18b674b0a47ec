//! Where a value stands in a row, as a column's name: `metadata.task_type`, `messages[0].role`, `reward[].score`.

use datafusion_sql::sqlparser::ast::{AccessExpr, Expr, Ident, Subscript, Value};

use crate::syntax::EACH;

/// A path in a syntax tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// The member of the row that it starts at.
    pub(crate) head: String,
    /// How it goes on, such as `.role` or `[0].role`.
    pub(crate) rest: String,
}

/// What `tree` is, where paths are concerned.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A path.
    Path(Path),
    /// A path that goes wrong somewhere.
    Broken(&'static str),
    /// Something else.
    Other,
}

impl Path {
    /// The name of the column that holds what the path leads to.
    pub(crate) fn column(&self) -> String {
        format!("{}{}", member(&self.head), self.rest)
    }
}

/// Reads `tree` as a path.
pub(crate) fn read(tree: &Expr) -> Reading {
    match tree {
        Expr::Identifier(name) => Reading::Path(Path { head: name.value.clone(), rest: String::new() }),
        Expr::CompoundIdentifier(names) => compound(names),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut path = match read(root) {
                Reading::Path(path) => path,
                Reading::Broken(fault) => return Reading::Broken(fault),
                Reading::Other => return Reading::Broken("only a path can be followed by `.` or `[`"),
            };
            for access in access_chain {
                match step(access) {
                    Ok(step) => path.rest += &step,
                    Err(fault) => return Reading::Broken(fault),
                }
            }
            Reading::Path(path)
        }
        _ => Reading::Other,
    }
}

fn compound(names: &[Ident]) -> Reading {
    let mut names = names.iter();
    let Some(head) = names.next() else { return Reading::Other };
    let mut rest = String::new();
    for name in names {
        rest.push('.');
        rest += &member(&name.value);
    }
    Reading::Path(Path { head: head.value.clone(), rest })
}

fn step(access: &AccessExpr) -> Result<String, &'static str> {
    let index = match access {
        AccessExpr::Dot(Expr::Identifier(name)) => return Ok(format!(".{}", member(&name.value))),
        AccessExpr::Subscript(Subscript::Index { index: Expr::Value(index) }) => &index.value,
        AccessExpr::Dot(_) => return Err("a path goes on with the name of a member"),
        AccessExpr::Subscript(_) => {
            return Err("items of a list are counted from 0, such as `[0]`, or all of them, `[]`");
        }
    };
    match index {
        Value::Number(digits, false) => match digits.parse::<usize>() {
            Ok(item) => Ok(format!("[{item}]")),
            Err(_) => Err("an item of a list is a whole number from 0"),
        },
        Value::Placeholder(mark) if mark == EACH => Ok("[]".to_owned()),
        Value::SingleQuotedString(name) | Value::DoubleQuotedString(name) => Ok(format!(".{}", member(name))),
        _ => Err("items of a list are counted from 0, such as `[0]`, or all of them, `[]`"),
    }
}

/// A member's name as it stands in a path.
fn member(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_');
    if plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}
