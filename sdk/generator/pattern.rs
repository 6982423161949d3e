//! A pattern of the contract as Rust. An engine for all that a regular expression can say is a tenth of what a consumer's build
//! costs; the patterns of identifiers are a sequence of character classes, and those are compared by the SDK's own few lines.

use std::iter::Peekable;
use std::str::Chars;

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::VisitMut;
use syn::{Expr, Stmt, parse_quote};

/// What the pattern of an identifier can be; for messages.
pub const SUBSET: &str = "a pattern is ^, then characters and classes such as [^/\\s] with or without *, +, ? or {n,m}, then $";

/// Puts the SDK's comparison where typify compiles and runs a regular expression. Gives `None` when the pattern says more than
/// the SDK's comparison can.
pub fn replace(pattern: &str, block: &mut syn::ItemImpl) -> Option<()> {
    let parts = parts(pattern)?;
    let fits = parse_quote!(crate::values::pattern::fits(value, &[#(#parts),*]));
    Replace { fits }.visit_item_impl_mut(block);
    Some(())
}

struct Replace {
    fits: Expr,
}

impl VisitMut for Replace {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|statement| {
            !matches!(statement, Stmt::Item(syn::Item::Static(item)) if item.ident == "PATTERN")
        });
        syn::visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        let fits = &self.fits;
        let found: Expr = parse_quote!(PATTERN.find(value).is_none());
        if *expression == found {
            *expression = parse_quote!(!#fits);
            return;
        }
        syn::visit_mut::visit_expr_mut(self, expression);
    }
}

/// The pattern's parts as Rust, each a `crate::values::pattern::Part`.
fn parts(pattern: &str) -> Option<Vec<TokenStream>> {
    let mut rest = pattern.strip_prefix('^')?.chars().peekable();
    let mut parts = Vec::new();
    loop {
        let one = match rest.next()? {
            '$' => return rest.next().is_none().then_some(parts),
            '[' => class(&mut rest)?,
            '\\' => Member::escaped(rest.next()?)?.test(),
            '^' | '.' | '*' | '+' | '?' | '(' | ')' | ']' | '{' | '}' | '|' => return None,
            plain => Member::Range(plain, plain).test(),
        };
        let (least, most) = times(&mut rest)?;
        let most = most.map_or_else(
            || quote!(::std::primitive::usize::MAX),
            |most| quote!(#most),
        );
        parts.push(
            quote!(crate::values::pattern::Part { one: |c| #one, least: #least, most: #most }),
        );
    }
}

/// One member of a class.
enum Member {
    Range(char, char),
    Space,
}

impl Member {
    fn escaped(escaped: char) -> Option<Self> {
        match escaped {
            's' => Some(Self::Space),
            'd' => Some(Self::Range('0', '9')),
            't' => Some(Self::Range('\t', '\t')),
            'n' => Some(Self::Range('\n', '\n')),
            'r' => Some(Self::Range('\r', '\r')),
            // The other letters and digits have meanings that no identifier has needed yet.
            other if other.is_ascii_alphanumeric() => None,
            other => Some(Self::Range(other, other)),
        }
    }

    fn test(&self) -> TokenStream {
        match self {
            Self::Space => quote!(crate::values::pattern::is_space(c)),
            Self::Range(first, last) if first == last => quote!(c == #first),
            Self::Range(first, last) => quote!((#first..=#last).contains(&c)),
        }
    }
}

/// A class, of which the bracket is read.
fn class(rest: &mut Peekable<Chars<'_>>) -> Option<TokenStream> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut tests = Vec::new();
    loop {
        let first = match rest.next()? {
            ']' => break,
            '\\' => Member::escaped(rest.next()?)?,
            plain => Member::Range(plain, plain),
        };
        let mut ahead = rest.clone();
        let is_range = ahead.next() == Some('-') && ahead.peek() != Some(&']');
        let member = if let (true, Member::Range(first, _)) = (is_range, &first) {
            rest.next();
            let last = match rest.next()? {
                '\\' => Member::escaped(rest.next()?)?,
                plain => Member::Range(plain, plain),
            };
            match last {
                Member::Range(last, _) if *first <= last => Member::Range(*first, last),
                _ => return None,
            }
        } else {
            first
        };
        tests.push(member.test());
    }
    match (negated, tests.is_empty()) {
        (_, true) => None,
        (false, _) => Some(quote!(#(#tests)||*)),
        (true, _) => Some(quote!(!(#(#tests)||*))),
    }
}

/// How often the part before comes; `None` as the second means without end.
fn times(rest: &mut Peekable<Chars<'_>>) -> Option<(usize, Option<usize>)> {
    match rest.peek() {
        Some('*') => rest.next().map(|_| (0, None)),
        Some('+') => rest.next().map(|_| (1, None)),
        Some('?') => rest.next().map(|_| (0, Some(1))),
        Some('{') => {
            rest.next();
            let inside: String = rest.by_ref().take_while(|c| *c != '}').collect();
            match inside.split_once(',') {
                None => inside.parse().ok().map(|n| (n, Some(n))),
                Some((least, "")) => Some((least.parse().ok()?, None)),
                Some((least, most)) => {
                    let (least, most) = (least.parse().ok()?, most.parse().ok()?);
                    (least <= most).then_some((least, Some(most)))
                }
            }
        }
        _ => Some((1, Some(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_sequence_of_classes_becomes_rust() {
        for (pattern, expected) in [
            ("^$", vec![]),
            ("^a$", vec!["|c|c=='a',least:1usize,most:1usize"]),
            (
                "^\\.+$",
                vec!["|c|c=='.',least:1usize,most:::std::primitive::usize::MAX"],
            ),
            (
                "^[^./\\\\\\s][a-z_-]{2,9}$",
                vec![
                    "|c|!(c=='.'||c=='/'||c=='\\\\'||crate::values::pattern::is_space(c)),least:1usize,most:1usize",
                    "|c|('a'..='z').contains(&c)||c=='_'||c=='-',least:2usize,most:9usize",
                ],
            ),
            (
                "^[\\d]{3}x?$",
                vec![
                    "|c|('0'..='9').contains(&c),least:3usize,most:3usize",
                    "|c|c=='x',least:0usize,most:1usize",
                ],
            ),
        ] {
            let found: Vec<String> = parts(pattern)
                .unwrap_or_else(|| panic!("{pattern} is refused"))
                .iter()
                .map(|part| part.to_string().replace(' ', ""))
                .collect();
            let expected: Vec<String> = expected
                .iter()
                .map(|part| format!("crate::values::pattern::Part{{one:{part}}}"))
                .collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn whatever_says_more_is_refused() {
        for pattern in [
            "",
            "a",
            "^a",
            "a$",
            "^a$b",
            "^(a)$",
            "^a|b$",
            "^.$",
            "^[]$",
            "^[a",
            "^[a$",
            "^\\w$",
            "^\\",
            "^*$",
            "^a**$",
            "^a{$",
            "^a{2,1}$",
            "^a{x}$",
            "^[z-a]$",
            "^[a-\\s]$",
            "^\\p{L}$",
        ] {
            assert!(parts(pattern).is_none(), "{pattern}");
        }
    }
}
