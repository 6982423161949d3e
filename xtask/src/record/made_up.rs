//! The values that take the place of real ones: each of the real one's form, and none that tells anything about it. They are
//! counted, not computed, because a short identifier can be guessed from its hash.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

/// The forms of a value, and what the report calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A publisher's identifier.
    Publisher,
    /// An offer's identifier.
    Offer,
    /// Another identifier, or a part of a URL.
    Id,
    /// A GUID.
    Guid,
    /// An e-mail address.
    Mail,
    /// The host of a URL.
    Host,
    /// A time; its digits and offset are kept.
    Time,
    /// A number; its length is kept.
    Number,
    /// A member's name.
    Name,
    /// A sentence, a page, or whatever else people read.
    Text,
}

impl Kind {
    /// What the report calls one.
    pub fn word(self) -> &'static str {
        match self {
            Self::Publisher => "publisher id",
            Self::Offer => "offer id",
            Self::Id => "other id",
            Self::Guid => "GUID",
            Self::Mail => "e-mail address",
            Self::Host => "host name",
            Self::Time => "time",
            Self::Number => "number",
            Self::Name => "member name",
            Self::Text => "text",
        }
    }
}

macro_rules! pattern {
    ($name:ident = $pattern:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("the pattern is a regular expression"));
    };
}

pattern!(GUID = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$");
pattern!(MAIL = r"^[^\s@,;:/<>]+@[^\s@,;:/<>]+$");
pattern!(
    TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ])[0-9]{2}:[0-9]{2}(:[0-9]{2}(?:\.([0-9]*))?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?$"
);
pattern!(
    HTTP_DATE = r"^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$"
);
pattern!(
    MADE_UP = r#"(?x)^(?:
        (?:contoso|offer|id)-[1-9][0-9]*
        | 00000000-0000-4000-[aA]000-[0-9a-fA-F]{12}
        | person-[1-9][0-9]*@contoso\.com
        | host-[1-9][0-9]*\.example\.com
        | 2001-01-[0-9]{2}[Tt\ ][0-9:.]*(?:[Zz]|[+-][0-9:]*)?
        | Mon,\ 01\ Jan\ 2001\ [0-9:]{8}\ GMT
        | -?10*[0-9]{0,3}
        | member[1-9][0-9]*
        | (?:<p>|[\[{]"|<html><body>)?Made-up\ text\ [1-9][0-9]*\.(?:</p>|</body></html>)?(?:\r?\n\ \ \ made-up\ line)*
    )$"#
);

/// Whether a value looks like one that was made here.
pub fn is(text: &str) -> bool {
    MADE_UP.is_match(text)
}

/// The form of a text that has one of its own, wherever it stands.
pub fn form(text: &str) -> Option<Kind> {
    if GUID.is_match(text) {
        Some(Kind::Guid)
    } else if TIME.is_match(text) || HTTP_DATE.is_match(text) {
        Some(Kind::Time)
    } else if MAIL.is_match(text) {
        Some(Kind::Mail)
    } else if text.len() < 20 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
    {
        Some(Kind::Number)
    } else {
        None
    }
}

/// Gives every real value the one made-up value that it has in the whole run.
#[derive(Default)]
pub struct MadeUp {
    given: HashMap<String, String>,
    used: HashSet<String>,
    counters: HashMap<Kind, u64>,
}

impl MadeUp {
    /// The made-up value for `real`; `taken` says which values it must not be.
    pub fn replace(&mut self, kind: Kind, real: &str, taken: impl Fn(&str) -> bool) -> String {
        // The same identifier in another letter case is the same.
        let key = if kind == Kind::Guid {
            real.to_ascii_lowercase()
        } else {
            real.to_owned()
        };
        let made_up = match self.given.get(&key) {
            Some(made_up) => made_up.clone(),
            None => loop {
                let counter = self.counters.entry(kind).or_default();
                *counter += 1;
                let made_up = make(kind, real, *counter);
                if !taken(&made_up) && self.used.insert(made_up.clone()) {
                    self.given.insert(key, made_up.clone());
                    break made_up;
                }
            },
        };
        if kind == Kind::Guid && real.bytes().any(|byte| byte.is_ascii_uppercase()) {
            made_up.to_ascii_uppercase()
        } else {
            made_up
        }
    }

    /// Every real value that was replaced.
    pub fn real(&self) -> impl Iterator<Item = &str> {
        self.given.keys().map(String::as_str)
    }
}

fn make(kind: Kind, real: &str, n: u64) -> String {
    match kind {
        Kind::Publisher => format!("contoso-{n}"),
        Kind::Offer => format!("offer-{n}"),
        Kind::Id => format!("id-{n}"),
        Kind::Guid => format!("00000000-0000-4000-a000-{n:012x}"),
        Kind::Mail => format!("person-{n}@contoso.com"),
        Kind::Host => format!("host-{n}.example.com"),
        Kind::Time => time(real, n),
        Kind::Number => number(real, n),
        Kind::Name => format!("member{n}"),
        Kind::Text => text(real, n),
    }
}

/// Some second of January 2001, written as the real time is.
fn time(real: &str, n: u64) -> String {
    let Some(found) = TIME.captures(real) else {
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        return format!("Mon, 01 Jan 2001 {hour:02}:{minute:02}:{second:02} GMT");
    };
    let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
    // A time without seconds counts minutes.
    let n = if part(2).is_empty() { n * 60 } else { n };
    let (day, hour, minute) = (n / 86_400 % 31 + 1, n / 3600 % 24, n / 60 % 60);
    let mut made_up = format!("2001-01-{day:02}{}{hour:02}:{minute:02}", part(1));
    if !part(2).is_empty() {
        made_up = format!("{made_up}:{:02}", n % 60);
        if part(2).contains('.') {
            let digits = "123456789".chars().cycle().take(part(3).len());
            made_up.push('.');
            made_up.extend(digits);
        }
    }
    made_up + part(4)
}

/// A number of as many digits: 1, zeros, and the count.
fn number(real: &str, n: u64) -> String {
    let (sign, digits) = match real.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", real),
    };
    format!("{sign}1{n:0width$}", width = digits.len().saturating_sub(1))
}

/// A sentence in the form of a page, of cut-off JSON, or of as many lines as there were.
fn text(real: &str, n: u64) -> String {
    let sentence = format!("Made-up text {n}.");
    let start = real.trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") {
        return format!("<html><body>{sentence}</body></html>");
    }
    if start.starts_with('<') {
        return format!("<p>{sentence}</p>");
    }
    if start.starts_with('{') || start.starts_with('[') {
        return format!("{}\"{sentence}", &start[..1]);
    }
    let end = if real.contains("\r\n") { "\r\n" } else { "\n" };
    let more = real.trim_end().matches('\n').count().min(20);
    sentence + &format!("{end}   made-up line").repeat(more)
}
