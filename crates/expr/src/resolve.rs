//! Replaces each path by its column and each name by what it stands for, and refuses what expressions do not have.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::{
    ast::{
        BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
        ObjectNamePart, OneOrManyWithParens, Query, Spanned, UnaryOperator, Value, ValueWithSpan, VisitMut,
        VisitorMut,
    },
    tokenizer::Span,
};

use crate::{
    Error, Names, Result, functions, nearest,
    path::{self, Path, Reading},
    syntax,
};

/// The quote of an identifier that has been resolved; no text has it.
const RESOLVED: char = '\0';

/// What the names of parameters end with, and no path's column.
const PARAMETER: char = '\'';

/// Lets each column of `tree`, which was resolved, stand behind the member `name`.
pub(crate) fn behind(tree: &mut Expr, name: &str) {
    let _ = tree.visit(&mut Behind(name));
}

struct Behind<'a>(&'a str);

impl VisitorMut for Behind<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, tree: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(column) = tree
            && column.quote_style == Some(RESOLVED)
            && !column.value.ends_with(PARAMETER)
        {
            column.value = match column.value.split_once('(') {
                Some((extractor, path)) if !is_path(&column.value) => {
                    format!("{extractor}({}.{path}", self.0)
                }
                _ => format!("{}.{}", self.0, column.value),
            };
        }
        ControlFlow::Continue(())
    }
}

/// The name of the column that `tree` is, once resolved.
pub(crate) fn column(tree: &Expr) -> Option<&str> {
    match tree {
        Expr::Identifier(name) if name.quote_style == Some(RESOLVED) => Some(&name.value),
        _ => None,
    }
}

/// Whether `name`, the name of a resolved column, is a path rather than what an extractor makes of one.
pub(crate) fn is_path(name: &str) -> bool {
    !functions::EXTRACTORS
        .iter()
        .any(|extractor| name.strip_prefix(extractor).is_some_and(|rest| rest.starts_with('(')))
}

/// Resolves `tree`, which was parsed from `text`; gives its depth.
pub(crate) fn resolve(text: &str, tree: &mut Expr, names: &Names) -> Result<usize> {
    let mut resolver = Resolver { text, names, parameters: vec![], size: 0, depth: 0, deepest: 0 };
    match tree.visit(&mut resolver) {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(()) => Ok(resolver.deepest),
    }
}

/// How many nodes an expression may have after its names were replaced.
const MOST_NODES: usize = 40_000;

/// How deep its tree may be.
const DEEPEST: usize = 1200;

struct Resolver<'a> {
    text: &'a str,
    names: &'a Names,
    /// The parameters of the functions around, such as the `x` of `x -> x > 1`.
    parameters: Vec<String>,
    size: usize,
    depth: usize,
    deepest: usize,
}

type Step = ControlFlow<Box<Error>>;

impl VisitorMut for Resolver<'_> {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, _: &mut Query) -> Step {
        ControlFlow::Break(Box::new(Error::new("an expression has no queries in it", self.text, None)))
    }

    fn pre_visit_expr(&mut self, tree: &mut Expr) -> Step {
        self.size += 1;
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let result = if self.size > MOST_NODES || self.depth > DEEPEST {
            Err(self.error("the expression is too large once its names are replaced", tree))
        } else {
            self.enter(tree)
        };
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Box::new(error)),
        }
    }

    fn post_visit_expr(&mut self, tree: &mut Expr) -> Step {
        self.depth -= 1;
        if let Expr::Lambda(lambda) = tree {
            self.parameters.truncate(self.parameters.len() - lambda.params.len());
        }
        ControlFlow::Continue(())
    }
}

impl Resolver<'_> {
    fn error(&self, message: impl Into<String>, tree: &Expr) -> Error {
        Error::new(message, self.text, syntax::span_of(self.text, tree))
    }

    fn enter(&mut self, tree: &mut Expr) -> Result<()> {
        if column(tree).is_some() {
            return Ok(());
        }
        match path::read(tree) {
            Reading::Path(path) => return self.path(tree, &path),
            Reading::Broken(fault) => return Err(self.error(fault, tree)),
            Reading::Other => {}
        }
        match tree {
            Expr::Function(_) => self.function(tree),
            Expr::Lambda(lambda) => {
                let parameters = match &mut lambda.params {
                    OneOrManyWithParens::One(parameter) => std::slice::from_mut(parameter),
                    OneOrManyWithParens::Many(parameters) => parameters.as_mut_slice(),
                };
                for parameter in parameters {
                    if parameter.name.quote_style != Some(RESOLVED) {
                        parameter.name.value = parameter_name(&parameter.name.value);
                        parameter.name.quote_style = Some(RESOLVED);
                    }
                    self.parameters.push(parameter.name.value.clone());
                }
                Ok(())
            }
            Expr::Value(value) => self.value(value),
            Expr::BinaryOp { left, op, right } => {
                let fault = binary_fault(left, op, right);
                fault.map_or(Ok(()), |(message, hint)| Err(self.error(message, tree).hint(hint)))
            }
            Expr::Cast { array: false, format: None, .. }
            | Expr::Like { any: false, .. }
            | Expr::ILike { any: false, .. }
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::InList { .. }
            | Expr::Between { .. }
            | Expr::Nested(_)
            | Expr::Case { .. }
            | Expr::Array(_)
            | Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus | UnaryOperator::Not, .. } => {
                Ok(())
            }
            Expr::RLike { .. } => {
                Err(self.error("there is no `rlike`", tree).hint("write `regexp_like(x, 'pattern')`"))
            }
            Expr::Tuple(_) => Err(self.error("a tuple is no value", tree)),
            _ => Err(self.error("expressions do not have this form of SQL", tree)),
        }
    }

    fn path(&self, tree: &mut Expr, path: &Path) -> Result<()> {
        let parameter = parameter_name(&path.head);
        if self.parameters.contains(&parameter) {
            if !path.rest.is_empty() {
                return Err(self.error(format!("`{}` is an item of a list, not a path", path.head), tree));
            }
            *tree = resolved(&parameter, tree.span());
            return Ok(());
        }
        let span = tree.span();
        let Some((named, rest)) = self.names.of_path(&path.head, &path.rest) else {
            *tree = resolved(&path.column(), span);
            return Ok(());
        };
        if let Some(prefix) = named.as_path() {
            *tree = resolved(&format!("{prefix}{rest}"), span);
        } else if rest.is_empty() {
            let mut standing = named.tree().clone();
            let _ = standing.visit(&mut Moved(span));
            *tree = Expr::Nested(Box::new(standing));
        } else {
            let name = path.column();
            let name = name.strip_suffix(rest).unwrap_or(&path.head);
            let message = format!("`{name}` is `{}`, which has no members or items", named.text());
            return Err(self.error(message, tree));
        }
        Ok(())
    }

    /// Makes one column of an extractor on a path; checks the name and the number of arguments of anything else.
    fn function(&mut self, tree: &mut Expr) -> Result<()> {
        let Expr::Function(call) = &mut *tree else { return Ok(()) };
        let name = match call.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] => name.value.to_lowercase(),
            _ => call.name.to_string(),
        };
        if functions::EXTRACTORS.contains(&name.as_str())
            && let Some(path) = sole_argument(call).and_then(|argument| self.path_of(argument))
        {
            *tree = resolved(&format!("{name}({path})"), tree.span());
            return Ok(());
        }
        let span = syntax::span(self.text, call.name.span());
        let Some(function) = functions::find(&name) else {
            let error = Error::new(format!("there is no function `{name}`"), self.text, span);
            if functions::EXTRACTORS.contains(&name.as_str()) {
                let message = format!("`{name}` takes a path, such as `{name}(metadata.task)`");
                return Err(Error { message, ..error });
            }
            let known = functions::functions().map(|function| function.name).chain(functions::EXTRACTORS);
            return Err(match nearest(&name, known) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error,
            });
        };
        let quoted = Ident { value: name, quote_style: None, span: call.name.span() };
        call.name = ObjectName(vec![ObjectNamePart::Identifier(quoted)]);
        functions::check_call(function, call)
            .map_err(|(message, hint)| Error { hints: vec![hint], ..self.error(message, tree) })
    }

    /// The path that `tree` is, directly or by name.
    fn path_of(&self, tree: &Expr) -> Option<String> {
        if let Some(column) = column(tree) {
            return is_path(column).then(|| column.to_owned());
        }
        let Reading::Path(path) = path::read(tree) else { return None };
        if self.parameters.contains(&parameter_name(&path.head)) {
            return None;
        }
        match self.names.of_path(&path.head, &path.rest) {
            Some((named, rest)) => named.as_path().map(|prefix| format!("{prefix}{rest}")),
            None => Some(path.column()),
        }
    }

    fn value(&self, value: &mut ValueWithSpan) -> Result<()> {
        match &mut value.value {
            Value::Number(_, false) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => {
                Ok(())
            }
            Value::DoubleQuotedString(text) => {
                value.value = Value::SingleQuotedString(std::mem::take(text));
                Ok(())
            }
            _ => Err(Error::new("this is no value", self.text, syntax::span(self.text, value.span))
                .hint("values are numbers, text in quotes, `true`, `false` and `null`")),
        }
    }
}

/// A parameter's name, which no path's column can have.
fn parameter_name(name: &str) -> String {
    format!("{name}{PARAMETER}")
}

fn resolved(name: &str, span: Span) -> Expr {
    Expr::Identifier(Ident { value: name.to_owned(), quote_style: Some(RESOLVED), span })
}

/// The argument of `call`, if it has just one.
pub(crate) fn sole_argument(call: &Function) -> Option<&Expr> {
    match &call.args {
        FunctionArguments::List(list)
            if list.clauses.is_empty()
                && list.duplicate_treatment.is_none()
                && call.filter.is_none()
                && call.over.is_none() =>
        {
            match list.args.as_slice() {
                [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] => Some(argument),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What is wrong with an operator, and what to write instead.
fn binary_fault(left: &Expr, operator: &BinaryOperator, right: &Expr) -> Option<(String, &'static str)> {
    use BinaryOperator as Op;
    let is_null = |tree: &Expr| matches!(tree, Expr::Value(value) if value.value == Value::Null);
    let hint = match operator {
        Op::Eq | Op::NotEq if is_null(left) || is_null(right) => {
            return Some(("nothing equals null".to_owned(), "write `is null` or `is not null`"));
        }
        Op::Plus
        | Op::Minus
        | Op::Multiply
        | Op::Divide
        | Op::Modulo
        | Op::StringConcat
        | Op::And
        | Op::Or => {
            return None;
        }
        Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => return None,
        _ => "operators are `+ - * / %`, `||`, `= != < <= > >=`, `and`, `or` and `not`",
    };
    Some((format!("there is no operator `{operator}`"), hint))
}

/// Moves a name's expression to where the name stands.
struct Moved(Span);

impl VisitorMut for Moved {
    type Break = ();

    fn pre_visit_expr(&mut self, tree: &mut Expr) -> ControlFlow<()> {
        match tree {
            Expr::Identifier(name) => name.span = self.0,
            Expr::Function(call) => {
                for part in &mut call.name.0 {
                    if let ObjectNamePart::Identifier(name) = part {
                        name.span = self.0;
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        value.span = self.0;
        ControlFlow::Continue(())
    }
}
