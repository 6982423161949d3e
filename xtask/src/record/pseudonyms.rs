//! Pseudonyms: values that replace personal data. A pseudonym has the form of the real value and reveals nothing else about it.
//! Pseudonyms are numbered instead of computed from the real value, because a short identifier can be guessed from its hash.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A publisher's identifier.
    Publisher,
    /// An offer's identifier.
    Offer,
    /// Another identifier, or a segment of a URL's path.
    Id,
    /// A GUID.
    Guid,
    /// An e-mail address.
    Mail,
    /// The host of a URL.
    Host,
    /// A time. The pseudonym has the same number of digits and the same UTC offset.
    Time,
    /// A number. The pseudonym has the same number of digits.
    Number,
    /// The name of a property.
    Name,
    /// Any other text.
    Text,
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
    PSEUDONYM = r"(?x)
        \b(?:contoso|offer|id|person|host)-[1-9][0-9]* | \bproperty[1-9][0-9]*\b | \bSanitised\ text\ [1-9][0-9]*
        | (?P<fixed>
            \b00000000-0000-4000-[aA]000-[0-9a-fA-F]{12}\b
            | \b2001-01-[0-9]{2}[Tt\ ][0-9:.]+
            | \bMon,\ 01\ Jan\ 2001\ [0-9:]{8}
            | \b1[0-9]{3,}\b
        )"
);

/// Returns the text of a recording with every pseudonym replaced by its form and its index in the order of first appearance. The
/// result is the same for all recordings of a response, although each run numbers its pseudonyms anew.
pub fn without_pseudonyms(text: &str) -> String {
    let mut order: Vec<String> = Vec::new();
    let replaced = PSEUDONYM.replace_all(text, |found: &Captures<'_>| {
        let pseudonym = found[0].to_ascii_lowercase();
        let known = order.iter().position(|known| *known == pseudonym);
        let index = known.unwrap_or_else(|| {
            order.push(pseudonym);
            order.len() - 1
        });
        let is_digit = |c: char| c.is_ascii_digit();
        let form = match found.name("fixed") {
            Some(fixed) => fixed.as_str().replace(|c: char| c.is_ascii_hexdigit(), "0"),
            None => found[0].trim_end_matches(is_digit).to_owned(),
        };
        format!("<{form} {index}>")
    });
    replaced.into_owned()
}

/// Returns the form of a text, if the text alone determines it.
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

/// The pseudonyms of a run. Each real value has the same pseudonym in the whole run.
#[derive(Default)]
pub struct Pseudonyms {
    given: HashMap<String, String>,
    used: HashSet<String>,
    counters: HashMap<Kind, u64>,
    /// The number of replacements, including repeated ones.
    pub replaced: usize,
}

impl Pseudonyms {
    /// Returns the pseudonym for `real`. Values for which `taken` returns true aren't used as pseudonyms.
    pub fn replace(&mut self, kind: Kind, real: &str, taken: impl Fn(&str) -> bool) -> String {
        self.replaced += 1;
        // GUIDs are equal regardless of the case of their letters.
        let key = if kind == Kind::Guid {
            real.to_ascii_lowercase()
        } else {
            real.to_owned()
        };
        let pseudonym = match self.given.get(&key) {
            Some(pseudonym) => pseudonym.clone(),
            None => loop {
                let counter = self.counters.entry(kind).or_default();
                *counter += 1;
                let pseudonym = pseudonym(kind, real, *counter);
                if !taken(&pseudonym) && self.used.insert(pseudonym.clone()) {
                    self.given.insert(key, pseudonym.clone());
                    break pseudonym;
                }
            },
        };
        if kind == Kind::Guid && real.bytes().any(|byte| byte.is_ascii_uppercase()) {
            pseudonym.to_ascii_uppercase()
        } else {
            pseudonym
        }
    }

    /// Returns whether a text contains a real GUID or e-mail address. Other real values could be in the text by chance.
    pub fn leaks(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.given.keys().any(|real| {
            let unmistakable = matches!(form(real), Some(Kind::Guid | Kind::Mail));
            unmistakable && text.contains(&real.to_ascii_lowercase())
        })
    }
}

fn pseudonym(kind: Kind, real: &str, n: u64) -> String {
    match kind {
        Kind::Publisher => format!("contoso-{n}"),
        Kind::Offer => format!("offer-{n}"),
        Kind::Id => format!("id-{n}"),
        Kind::Guid => format!("00000000-0000-4000-a000-{n:012x}"),
        Kind::Mail => format!("person-{n}@contoso.com"),
        Kind::Host => format!("host-{n}.example.com"),
        Kind::Time => time(real, n),
        Kind::Number => number(real, n),
        Kind::Name => format!("property{n}"),
        Kind::Text => text(real, n),
    }
}

/// Returns a time in January 2001, in the format of the real time.
fn time(real: &str, n: u64) -> String {
    let Some(found) = TIME.captures(real) else {
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        return format!("Mon, 01 Jan 2001 {hour:02}:{minute:02}:{second:02} GMT");
    };
    let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
    // A format without seconds gets distinct minutes instead of distinct seconds.
    let n = if part(2).is_empty() { n * 60 } else { n };
    let (day, hour, minute) = (n / 86_400 % 31 + 1, n / 3600 % 24, n / 60 % 60);
    let mut pseudonym = format!("2001-01-{day:02}{}{hour:02}:{minute:02}", part(1));
    if !part(2).is_empty() {
        pseudonym = format!("{pseudonym}:{:02}", n % 60);
        if part(2).contains('.') {
            let digits = "123456789".chars().cycle().take(part(3).len());
            pseudonym.push('.');
            pseudonym.extend(digits);
        }
    }
    pseudonym + part(4)
}

/// Returns a number with as many digits as the real one: 1, zeros, and `n`.
fn number(real: &str, n: u64) -> String {
    let (sign, digits) = match real.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", real),
    };
    format!("{sign}1{n:0width$}", width = digits.len().saturating_sub(1))
}

/// Returns a sentence with as many line breaks as the real text, at most 20; for an HTML page, a page with the sentence.
fn text(real: &str, n: u64) -> String {
    let sentence = format!("Sanitised text {n}.");
    let start = real.trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") {
        return format!("<html><body>{sentence}</body></html>");
    }
    let line_break = if real.contains("\r\n") { "\r\n" } else { "\n" };
    let more = real.trim_end().matches('\n').count().min(20);
    sentence + &format!("{line_break}   sanitised line").repeat(more)
}
