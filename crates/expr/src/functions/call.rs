//! Whether a function is called as it may be.

use datafusion_sql::sqlparser::ast::{
    DuplicateTreatment, Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
    ValueWithSpan,
};

use super::{Function, Kind};

/// What is wrong with a call, and what to do about it.
type Fault = (String, String);

/// Checks how `function` is called: the clauses around its arguments, and these.
pub(crate) fn check_call(function: &Function, call: &mut Call) -> Result<(), Fault> {
    let name = function.name;
    let usage = || format!("it is called as `{}`", function.signature);
    let window = call.over.is_some() || call.null_treatment.is_some() || !call.within_group.is_empty();
    if window || call.uses_odbc_syntax || !matches!(call.parameters, FunctionArguments::None) {
        return Err((format!("`{name}` cannot be called in this way"), usage()));
    }
    if call.filter.is_some() && !function.aggregate {
        return Err((format!("`{name}` is no aggregate, so it takes no `filter`"), usage()));
    }
    let FunctionArguments::List(list) = &mut call.args else {
        return Err((format!("`{name}` is called without brackets"), usage()));
    };
    if list.duplicate_treatment == Some(DuplicateTreatment::All) {
        list.duplicate_treatment = None;
    }
    if list.duplicate_treatment.is_some() && name != "count" {
        return Err((
            format!("`{name}` takes no `distinct`"),
            "`count(distinct x)` counts values".to_owned(),
        ));
    }
    if !list.clauses.is_empty() {
        return Err((format!("`{name}` cannot be called in this way"), usage()));
    }
    if name == "count" && list.duplicate_treatment.is_none() {
        let all_rows = matches!(list.args.as_slice(), [] | [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]);
        if all_rows {
            let one = Value::Number("1".to_owned(), false);
            let one = ValueWithSpan { value: one, span: datafusion_sql::sqlparser::tokenizer::Span::empty() };
            list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(one)))];
        }
    }
    check_arguments(function, &list.args)
}

/// Checks what `function` is given, as far as that can be told without types.
fn check_arguments(function: &Function, given: &[FunctionArg]) -> Result<(), Fault> {
    let name = function.name;
    let usage = || format!("it is called as `{}`", function.signature);
    let arguments: Vec<&Expr> = given
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => Ok(argument),
            _ => Err((format!("`{name}` cannot be called in this way"), usage())),
        })
        .collect::<Result<_, _>>()?;
    let (least, most) = (function.arguments.len() - function.optional, function.arguments.len());
    if arguments.len() < least || arguments.len() > most && !function.repeats {
        let given = match arguments.len() {
            1 => "1 argument".to_owned(),
            count => format!("{count} arguments"),
        };
        return Err((format!("`{name}` is called with {given}"), usage()));
    }
    for (position, argument) in arguments.into_iter().enumerate() {
        let kind = function.arguments[position.min(most - 1)];
        if matches!(argument, Expr::Lambda(_)) != (kind == Kind::Lambda) {
            let wanted = if kind == Kind::Lambda { "wants" } else { "takes no" };
            return Err((format!("`{name}` {wanted} a function such as `x -> x > 1` here"), usage()));
        }
        if let Expr::Lambda(lambda) = argument
            && lambda.params.len() != 1
        {
            return Err((format!("`{name}` wants a function of one item"), usage()));
        }
    }
    Ok(())
}
