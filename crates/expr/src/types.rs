//! What may meet what: text is never silently a number, and null is of any type.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion_common::{
    DFSchema, Result, ScalarValue, plan_err,
    tree_node::{Transformed, TreeNode},
};
use datafusion_expr::{
    BinaryExpr, Case, Expr, ExprSchemable, Operator, cast,
    expr::{AggregateFunction, NullTreatment, ScalarFunction},
    lit,
};

use crate::functions::{self, Kind};

/// What values have to have in common to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Null,
    Truth,
    Number,
    Text,
    List,
    Other,
}

impl Family {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Truth,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => Self::List,
            other if other.is_numeric() => Self::Number,
            _ => Self::Other,
        }
    }

    fn meets(self, other: Self) -> bool {
        self == other || self == Self::Null || other == Self::Null
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Truth => "a condition",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Other => "another type",
        }
    }
}

/// Checks every node of `expression` and gives nulls the types that their places ask for.
pub(crate) fn checked(expression: Expr, schema: &DFSchema) -> Result<Expr> {
    let typed = expression.transform_up(|expression| node(expression, schema))?;
    Ok(typed.data)
}

fn node(expression: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expression {
        Expr::BinaryExpr(binary) => binary_node(binary, schema),
        Expr::Not(inner) => Ok(Transformed::yes(Expr::Not(Box::new(truth(*inner, "not", schema)?)))),
        Expr::Negative(inner) => negative_node(*inner, schema),
        Expr::IsTrue(ref inner)
        | Expr::IsFalse(ref inner)
        | Expr::IsNotTrue(ref inner)
        | Expr::IsNotFalse(ref inner) => {
            truth(inner.as_ref().clone(), "is", schema)?;
            Ok(Transformed::no(expression))
        }
        Expr::Like(mut like) => {
            like.expr = Box::new(argument(*like.expr, Kind::Text, "like", schema)?);
            like.pattern = Box::new(argument(*like.pattern, Kind::Text, "like", schema)?);
            Ok(Transformed::yes(Expr::Like(like)))
        }
        Expr::InList(ref list) => {
            alike(std::iter::once(list.expr.as_ref()).chain(&list.list), "`in` compares", schema)?;
            Ok(Transformed::no(expression))
        }
        Expr::Between(ref between) => {
            let parts = [between.expr.as_ref(), between.low.as_ref(), between.high.as_ref()];
            alike(parts.into_iter(), "`between` compares", schema)?;
            Ok(Transformed::no(expression))
        }
        Expr::Case(case) => case_node(case, schema),
        Expr::ScalarFunction(call) => scalar_node(call, schema),
        Expr::HigherOrderFunction(ref call) => {
            let lists =
                functions::by_implementation(call.func.name()).map_or(&[][..], |function| function.arguments);
            for (given, kind) in call.args.iter().zip(lists) {
                if *kind == Kind::List {
                    argument(given.clone(), *kind, call.func.name(), schema)?;
                }
            }
            Ok(Transformed::no(expression))
        }
        Expr::AggregateFunction(call) => aggregate_node(call, schema),
        other => Ok(Transformed::no(other)),
    }
}

fn negative_node(inner: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let inner = argument(inner, Kind::Number, "-", schema)?;
    // A subtraction notices that the least integer has no opposite.
    Ok(Transformed::yes(if inner.get_type(schema)?.is_integer() {
        lit(0_i64) - inner
    } else {
        Expr::Negative(Box::new(inner))
    }))
}

fn scalar_node(mut call: ScalarFunction, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let name = call.func.name().to_owned();
    // What `||` becomes where a side is a list.
    if matches!(name.as_str(), "array_concat" | "array_append" | "array_prepend") {
        return plan_err!("`||` joins texts, not {}", Family::List.noun());
    }
    call.args = arguments(call.args, &name, schema)?;
    let call = Expr::ScalarFunction(call);
    // Unsigned integers cannot be subtracted from one another.
    Ok(Transformed::yes(match call.get_type(schema)? {
        DataType::UInt64 | DataType::Int32 | DataType::UInt32 => cast(call, DataType::Int64),
        DataType::Utf8View | DataType::LargeUtf8 => cast(call, DataType::Utf8),
        _ => call,
    }))
}

fn aggregate_node(mut call: AggregateFunction, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let name = call.func.name().to_owned();
    call.params.args = arguments(call.params.args, &name, schema)?;
    let filter = call.params.filter.map(|filter| truth(*filter, "filter", schema).map(Box::new));
    call.params.filter = filter.transpose()?;
    // A quantile's order is its own argument's, and all that sort has to say is said by it.
    call.params.order_by.clear();
    call.params.null_treatment = None::<NullTreatment>;
    Ok(Transformed::yes(Expr::AggregateFunction(call)))
}

fn binary_node(binary: BinaryExpr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let BinaryExpr { left, op, right } = binary;
    let (left, right) = match op {
        Operator::And | Operator::Or => {
            let name = if op == Operator::And { "and" } else { "or" };
            (truth(*left, name, schema)?, truth(*right, name, schema)?)
        }
        Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Divide | Operator::Modulo => {
            let sign = op.to_string();
            let left = argument(*left, Kind::Number, &sign, schema)?;
            let right = argument(*right, Kind::Number, &sign, schema)?;
            arithmetic(left, op, right, schema)?
        }
        Operator::StringConcat => (concatenated(*left, schema)?, concatenated(*right, schema)?),
        _ if op.supports_propagation()
            || matches!(op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom) =>
        {
            alike([left.as_ref(), right.as_ref()].into_iter(), &format!("`{op}` compares"), schema)?;
            (*left, *right)
        }
        _ => (*left, *right),
    };
    Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })))
}

/// Integers divide truly, and a division by zero gives null.
fn arithmetic(left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> Result<(Expr, Expr)> {
    let real = |side: Expr| -> Result<Expr> {
        Ok(if side.get_type(schema)? == DataType::Float64 { side } else { cast(side, DataType::Float64) })
    };
    let nullif = functions::scalar("nullif").expect("the table has nullif");
    match op {
        Operator::Divide => Ok((real(left)?, nullif.call(vec![real(right)?, lit(0.0)]))),
        Operator::Modulo => {
            if left.get_type(schema)?.is_integer() && right.get_type(schema)?.is_integer() {
                let (left, right) = (cast(left, DataType::Int64), cast(right, DataType::Int64));
                Ok((left, nullif.call(vec![right, lit(0_i64)])))
            } else {
                Ok((real(left)?, nullif.call(vec![real(right)?, lit(0.0)])))
            }
        }
        _ => Ok((left, right)),
    }
}

fn concatenated(side: Expr, schema: &DFSchema) -> Result<Expr> {
    let data_type = side.get_type(schema)?;
    match Family::of(&data_type) {
        Family::Text => Ok(side),
        Family::Null | Family::Number => Ok(cast(side, DataType::Utf8)),
        other => plan_err!(
            "`||` joins texts, not {}; write `text(x)` or, to combine conditions, `or`",
            other.noun()
        ),
    }
}

fn case_node(mut case: Case, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match &case.expr {
        Some(compared) => {
            let whens = case.when_then_expr.iter().map(|(when, _)| when.as_ref());
            alike(std::iter::once(compared.as_ref()).chain(whens), "`case` compares", schema)?;
        }
        None => {
            for (when, _) in &mut case.when_then_expr {
                **when = truth(when.as_ref().clone(), "when", schema)?;
            }
        }
    }
    let results = case.when_then_expr.iter().map(|(_, then)| then.as_ref()).chain(case.else_expr.as_deref());
    alike(results, "`case` gives", schema)?;
    Ok(Transformed::yes(Expr::Case(case)))
}

fn truth(expression: Expr, place: &str, schema: &DFSchema) -> Result<Expr> {
    argument(expression, Kind::Truth, place, schema)
}

/// Checks that all of `parts` are of one kind.
fn alike<'a>(parts: impl Iterator<Item = &'a Expr>, what: &str, schema: &DFSchema) -> Result<()> {
    let mut seen = Family::Null;
    for part in parts {
        let family = Family::of(&part.get_type(schema)?);
        if !seen.meets(family) {
            let (one, other) = (seen.noun(), family.noun());
            return match (seen, family) {
                (Family::Text, Family::Number) | (Family::Number, Family::Text) => {
                    plan_err!("{what} {one} with {other}; write `number(x)` or `text(x)`")
                }
                (Family::Text, Family::Truth) | (Family::Truth, Family::Text) => {
                    plan_err!("{what} {one} with {other}; conditions are `true` and `false`, without quotes")
                }
                _ => plan_err!("{what} {one} with {other}"),
            };
        }
        if seen == Family::Null {
            seen = family;
        }
    }
    Ok(())
}

fn arguments(mut given: Vec<Expr>, name: &str, schema: &DFSchema) -> Result<Vec<Expr>> {
    let Some(function) = functions::by_implementation(name) else { return Ok(given) };
    if let ("array_has", [list, item]) = (function.name, given.as_mut_slice()) {
        *list = list_of(list.clone(), item, schema)?;
    }
    let last = function.arguments.len() - 1;
    let kind = |position: usize| function.arguments[position.min(last)];
    let same = given.iter().enumerate().filter(|(position, _)| kind(*position) == Kind::Alike);
    alike(same.map(|(_, given)| given), &format!("`{}` takes", function.name), schema)?;
    given
        .into_iter()
        .enumerate()
        .map(|(position, given)| argument(given, kind(position), function.name, schema))
        .collect()
}

/// A list that `item` may be in: one without items takes the type of what is sought in it.
fn list_of(given: Expr, item: &Expr, schema: &DFSchema) -> Result<Expr> {
    let item = item.get_type(schema)?;
    match given.get_type(schema)? {
        empty if has_no_items(&empty) => {}
        DataType::List(items) => {
            let (items, item) = (Family::of(items.data_type()), Family::of(&item));
            if !items.meets(item) {
                return plan_err!(
                    "`array_has` seeks {} in a list whose items are {}",
                    item.noun(),
                    items.noun()
                );
            }
            return Ok(given);
        }
        _ => return Ok(given),
    }
    let item = if item == DataType::Null { DataType::Float64 } else { item };
    Ok(cast(given, list(item)))
}

/// Makes `given` what `kind` asks for, or says that it is not.
fn argument(given: Expr, kind: Kind, place: &str, schema: &DFSchema) -> Result<Expr> {
    let data_type = given.get_type(schema)?;
    let family = Family::of(&data_type);
    let (wanted, typed) = match kind {
        Kind::Any | Kind::Alike | Kind::Lambda => return Ok(given),
        Kind::Number | Kind::Real => (Family::Number, DataType::Float64),
        Kind::Whole => (Family::Number, DataType::Int64),
        Kind::Truth => (Family::Truth, DataType::Boolean),
        Kind::List | Kind::Reals => (Family::List, list(DataType::Float64)),
        Kind::Sized if family == Family::List => return Ok(given),
        Kind::Text | Kind::Sized => (Family::Text, DataType::Utf8),
    };
    if family == Family::Null {
        return Ok(Expr::Literal(ScalarValue::try_from(&typed)?, None));
    }
    if family != wanted {
        let hint = match wanted {
            Family::Number => "; write `number(x)`",
            Family::Text if kind != Kind::Sized => "; write `text(x)`",
            Family::Truth => "; write a comparison",
            _ => "",
        };
        let or_list = if kind == Kind::Sized { " or a list" } else { "" };
        return plan_err!("`{place}` wants {}{or_list}, not {}{hint}", wanted.noun(), family.noun());
    }
    Ok(match kind {
        Kind::Real | Kind::Whole if data_type != typed => cast(given, typed),
        Kind::Reals if data_type != typed => {
            if let DataType::List(item) = &data_type
                && !matches!(Family::of(item.data_type()), Family::Number | Family::Null)
            {
                return plan_err!("`{place}` wants a list of numbers");
            }
            cast(given, typed)
        }
        _ => given,
    })
}

/// Whether a column of this type cannot have a single item.
pub(crate) fn has_no_items(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null => true,
        DataType::List(item) => item.data_type() == &DataType::Null,
        _ => false,
    }
}

/// A list of `items`.
pub(crate) fn list(items: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(items, true)))
}
