//! From text to a syntax tree, and from a place in the tree back to the text.

use std::ops::Range;

use datafusion_sql::sqlparser::{
    ast::{Expr, Spanned},
    dialect::Dialect,
    parser::{Parser, ParserError},
    tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer},
};

use crate::{Error, Result};

mod tokens;

/// How many tokens other than literals, commas and brackets an expression may have, which bounds the depth of its tree.
const MOST_TOKENS: usize = 1000;

/// How deeply brackets may nest.
const DEEPEST: usize = 40;

/// What stands in a tree for the empty brackets of `scores[]`.
pub(crate) const EACH: &str = "[]";

/// The SQL we take: backticks around names, either quote around text, `x -> x > 1`, and letters of any script.
#[derive(Debug)]
struct Language;

impl Dialect for Language {
    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        letter == '`'
    }

    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_alphabetic() || letter == '_'
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_alphanumeric() || letter == '_'
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }
}

/// The tokens of `text`, and how deep a tree they may make.
pub(crate) fn tokens(text: &str) -> Result<(Vec<TokenWithSpan>, usize)> {
    let tokens = Tokenizer::new(&Language, text)
        .tokenize_with_location()
        .map_err(|error| Error::new(lowered(&error.message), text, point(text, error.location)))?;
    let depth = check_size(text, &tokens)?;
    for token in &tokens {
        if let Some(hint) = tokens::instead(&token.token) {
            let message = format!("there is no operator `{}`", token.token);
            return Err(Error::new(message, text, span(text, token.span)).hint(hint));
        }
    }
    Ok((tokens, depth))
}

/// Parses the tokens of `text` as one expression.
pub(crate) fn parse(text: &str, tokens: Vec<TokenWithSpan>) -> Result<Expr> {
    let mut parser = Parser::new(&Language)
        .with_recursion_limit(6 * DEEPEST)
        .with_tokens_with_locations(tokens::prepared(tokens));
    let end = |parser: &Parser<'_>| match &parser.peek_token().token {
        Token::EOF => None,
        token => Some(Error::new(
            format!("unexpected {}", named(token)),
            text,
            span(text, parser.peek_token().span),
        )),
    };
    match parser.parse_expr() {
        Ok(tree) => match end(&parser) {
            Some(error) => Err(with_hints(error, &parser.peek_token().token)),
            None => Ok(tree),
        },
        Err(error) => Err(syntax_error(text, &error)),
    }
}

/// Refuses expressions whose trees would be too deep to walk; gives a bound of the depth of others.
fn check_size(text: &str, tokens: &[TokenWithSpan]) -> Result<usize> {
    let (mut depth, mut deepest, mut work) = (0_usize, 0, 0);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Comma
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::Number(..)
            | Token::Whitespace(_) => {}
            _ => work += 1,
        }
        let fault = if depth > DEEPEST {
            format!("brackets nest more than {DEEPEST} deep")
        } else if work > MOST_TOKENS {
            format!("the expression has more than {MOST_TOKENS} names and operators")
        } else {
            continue;
        };
        return Err(Error::new(fault, text, span(text, token.span)).hint("give its parts names of their own"));
    }
    Ok(deepest + work)
}

/// The parser's own words, without its notation.
fn syntax_error(text: &str, error: &ParserError) -> Error {
    let (ParserError::TokenizerError(message) | ParserError::ParserError(message)) = error else {
        return Error::new("the expression nests too deeply", text, None)
            .hint("give its parts names of their own");
    };
    let (message, place) = match message.rsplit_once(" at Line: ") {
        Some((message, place)) => (message, place.split_once(", Column: ")),
        None => (message.as_str(), None),
    };
    let place = place
        .and_then(|(line, column)| Some(Location { line: line.parse().ok()?, column: column.parse().ok()? }));
    let message = lowered(message).replace("expected: ", "expected ").replace("found: EOF", "found the end");
    Error::new(
        message.replace("found: ", "found "),
        text,
        Some(place.and_then(|at| point(text, at)).unwrap_or(text.len()..text.len())),
    )
}

fn with_hints(error: Error, next: &Token) -> Error {
    match next {
        Token::Word(_) => {
            error.hint("text stands in quotes, and a name that has spaces or signs in backticks")
        }
        _ => error,
    }
}

fn named(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("`{}`", word.value),
        token => format!("`{token}`"),
    }
}

/// `message` with a small first letter.
pub(crate) fn lowered(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// The bytes of `text` that `tree` was parsed from.
pub(crate) fn span_of(text: &str, tree: &Expr) -> Option<Range<usize>> {
    let mut range = span(text, tree.span())?;
    if let Expr::Function(function) = tree
        && let Some(name) = function.name.0.first()
    {
        range.start = span(text, name.span())?.start;
    }
    // The tree does not know the brackets that close a call.
    let inside = &text[range.clone()];
    for _ in 0..inside.matches('(').count().saturating_sub(inside.matches(')').count()) {
        let rest = &text[range.end..];
        let Some(bracket) = rest.find(|letter: char| !letter.is_whitespace()) else { break };
        if !rest[bracket..].starts_with(')') {
            break;
        }
        range.end += bracket + 1;
    }
    Some(range)
}

/// The bytes of `text` that `span` stands for.
pub(crate) fn span(text: &str, span: Span) -> Option<Range<usize>> {
    let (start, end) = (byte(text, span.start)?, byte(text, span.end)?);
    (start <= end).then_some(start..end)
}

/// The letter of `text` at `location`.
fn point(text: &str, location: Location) -> Option<Range<usize>> {
    let start = byte(text, location)?;
    Some(start..start + text[start..].chars().next().map_or(0, char::len_utf8))
}

fn byte(text: &str, location: Location) -> Option<usize> {
    let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
    let start = match line {
        0 => 0,
        line => text.match_indices('\n').nth(line - 1)?.0 + 1,
    };
    Some(text[start..].char_indices().nth(column).map_or(text.len(), |(offset, _)| start + offset))
}
