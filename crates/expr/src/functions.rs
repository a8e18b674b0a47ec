//! The functions that expressions may call: a promise, so the list is explicit.

mod call;
mod own;
mod registry;
mod table;

use datafusion_sql::sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart};

pub(crate) use call::check_call;
pub(crate) use registry::{aggregate, by_implementation, higher_order, scalar};

/// What the scan makes of the value at a path, in the notation of a call: they are not SQL functions.
pub(crate) const EXTRACTORS: [&str; 6] = ["number", "text", "length", "items", "hash", "kind"];

/// A function that expressions may call.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// What it is called.
    pub name: &'static str,
    /// How it is called, such as `round(x [, digits])`.
    pub signature: &'static str,
    /// What it gives, in one sentence.
    pub summary: &'static str,
    /// A call of it; an aggregate's goes over a column `x` of 1, 2, 2, 3 and null.
    pub example: &'static str,
    /// What the example gives.
    pub result: &'static str,
    /// Whether it goes over many rows at once.
    pub aggregate: bool,
    /// What its arguments must be; the last one stands for all that follow where `repeats` is set.
    pub(crate) arguments: &'static [Kind],
    /// How many of its arguments may be left out.
    pub(crate) optional: usize,
    pub(crate) repeats: bool,
}

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything.
    Any,
    /// Anything, as long as all such arguments are of one kind.
    Alike,
    /// A number, left as it is.
    Number,
    /// A number, made a float.
    Real,
    /// A number, made an integer.
    Whole,
    /// Text.
    Text,
    /// A condition.
    Truth,
    /// A list.
    List,
    /// A list of numbers, made floats.
    Reals,
    /// Text or a list.
    Sized,
    /// A function such as `x -> x > 1`.
    Lambda,
}

/// The functions that expressions may call, sorted by what they are for.
///
/// ```
/// let upper = unskew_expr::functions().find(|function| function.name == "upper").unwrap();
/// assert_eq!((upper.example, upper.result), ("upper('Maths')", "MATHS"));
/// ```
pub fn functions() -> impl Iterator<Item = &'static Function> {
    table::FUNCTIONS.iter()
}

/// The function called `name`.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name == name)
}

/// Whether `tree` calls an aggregate.
pub(crate) fn is_aggregate(tree: &Expr) -> bool {
    called(tree).is_some_and(|function| function.aggregate)
}

/// The list that `tree` goes over, if it is a call with a lambda.
pub(crate) fn lambda_list(tree: &Expr) -> Option<&Expr> {
    let function = called(tree)?;
    if !function.arguments.contains(&Kind::Lambda) {
        return None;
    }
    let Expr::Function(call) = tree else { return None };
    match &call.args {
        FunctionArguments::List(list) => match list.args.first() {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(list))) => Some(list),
            _ => None,
        },
        _ => None,
    }
}

fn called(tree: &Expr) -> Option<&'static Function> {
    let Expr::Function(call) = tree else { return None };
    match call.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => find(&name.value),
        _ => None,
    }
}
