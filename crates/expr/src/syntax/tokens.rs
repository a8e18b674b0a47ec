//! What we make of SQL's tokens before they are parsed.

use datafusion_sql::sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan, Word},
};

use super::EACH;

/// Puts a token between the empty brackets of `scores[]`, for which SQL has no syntax, and lets a word be a keyword only
/// where it can be one: rows have members called `end`, `order`, `left` or `values`.
pub(super) fn prepared(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut tokens: Vec<_> =
        tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let mut context = Context::default();
    for position in 0..tokens.len() {
        let next = tokens.get(position + 1).map(|token| token.token.clone());
        let token = &mut tokens[position].token;
        if let Token::Word(word) = token
            && !context.takes_keyword(word, next.as_ref())
        {
            word.keyword = Keyword::NoKeyword;
        }
        context.pass(token);
    }
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len() + 4);
    for token in tokens {
        if token.token == Token::RBracket && out.last().is_some_and(|last| last.token == Token::LBracket) {
            out.push(TokenWithSpan { token: Token::Placeholder(EACH.to_owned()), span: token.span });
        }
        out.push(token);
    }
    out
}

/// What to write instead of an operator that expressions do not have.
pub(super) fn instead(token: &Token) -> Option<&'static str> {
    Some(match token {
        Token::Overlap | Token::Ampersand => "write `and`",
        Token::Pipe => "write `or`",
        Token::ExclamationMark => "write `not`",
        Token::DoubleColon => "write `cast(x as type)`",
        Token::Caret => "write `power(x, y)`",
        Token::Spaceship => "write `is not distinct from`",
        Token::Tilde | Token::ExclamationMarkTilde => "write `regexp_like(x, 'pattern')`",
        _ => return None,
    })
}

/// What stands before a token.
#[derive(Default)]
struct Context {
    last: Option<Token>,
    /// How many `case` wait for their `end`.
    cases: usize,
    /// Whether a type follows, as after the `as` of a cast.
    in_type: bool,
}

impl Context {
    fn takes_keyword(&self, word: &Word, next: Option<&Token>) -> bool {
        let after = |keywords: &[Keyword]| self.last_keyword().is_some_and(|last| keywords.contains(&last));
        let before = |wanted: &Token| next == Some(wanted);
        if self.last == Some(Token::Period) {
            return false;
        }
        if self.in_type {
            return true;
        }
        match word.keyword {
            Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::IS
            | Keyword::IN
            | Keyword::BETWEEN
            | Keyword::NULL
            | Keyword::TRUE
            | Keyword::FALSE
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::CASE => true,
            Keyword::WHEN | Keyword::THEN | Keyword::ELSE | Keyword::END => self.cases > 0,
            Keyword::CAST | Keyword::TRY_CAST => before(&Token::LParen),
            Keyword::AS | Keyword::ESCAPE | Keyword::RLIKE => self.last.is_some(),
            Keyword::UNKNOWN => after(&[Keyword::IS, Keyword::NOT]),
            Keyword::DISTINCT => after(&[Keyword::IS, Keyword::NOT]) || self.last == Some(Token::LParen),
            Keyword::FROM => after(&[Keyword::DISTINCT]),
            Keyword::FILTER => self.last == Some(Token::RParen) && before(&Token::LParen),
            Keyword::WHERE => self.last == Some(Token::LParen),
            _ => false,
        }
    }

    fn last_keyword(&self) -> Option<Keyword> {
        match &self.last {
            Some(Token::Word(word)) => Some(word.keyword),
            _ => None,
        }
    }

    fn pass(&mut self, token: &Token) {
        if let Token::Word(word) = token {
            match word.keyword {
                Keyword::CASE => self.cases += 1,
                Keyword::END => self.cases = self.cases.saturating_sub(1),
                Keyword::AS => self.in_type = true,
                _ => {}
            }
        }
        if matches!(token, Token::RParen | Token::Comma) {
            self.in_type = false;
        }
        self.last = Some(token.clone());
    }
}
