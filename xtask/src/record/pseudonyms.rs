//! Creates *pseudonyms*: invented values that replace personal data. A pseudonym contains a number, and has the same form as the real value.
//! For example, the pseudonym of a GUID is a GUID. It isn't a hash of the real value, because a short value can be guessed from its hash.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::public_values::PublicValues;

/// The kind of a value. The kind determines the form of the pseudonym.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Publisher,
    Offer,
    /// Any other identifier, or a segment of a URL's path.
    Id,
    Guid,
    /// An e-mail address, or a list of e-mail addresses.
    Mail,
    /// The host of a URL.
    Host,
    /// A time. The pseudonym has the same format and the same UTC offset.
    Time,
    /// A number, or a text of digits. The pseudonym has the same number of digits.
    Number,
    /// The name of a property.
    Name,
    /// A value that the service defines, such as a value of an extensible enum. A single word of this kind isn't replaced.
    Word,
    /// Any other text.
    Text,
}

/// The forms that determine the kind of a text. If a text has one of these forms, the name of its property doesn't matter.
static FORMS: LazyLock<[(Kind, Regex); 5]> = LazyLock::new(|| {
    [
        (Kind::Guid, r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"),
        (
            Kind::Time,
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]*)?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?$",
        ),
        (
            Kind::Time,
            r"^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$",
        ),
        (Kind::Mail, r"^[^\s@:/<>]+@[^\s@:/<>]+(?:[,; ]+[^\s@:/<>]+@[^\s@:/<>]+)*$"),
        (Kind::Number, r"^[0-9]{1,19}$"),
    ]
    .map(|(kind, pattern)| (kind, regex(pattern)))
});

/// Matches a pseudonym in the text of a recording. The group `fixed_length` matches pseudonyms whose length doesn't depend on their number.
/// `(?-u:\b)` is an ASCII word boundary, which is faster than a Unicode word boundary.
static PSEUDONYM: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x)
        (?-u:\b)(?:
            (?:contoso|offer|id|person|host)-[1-9][0-9]* | property[1-9][0-9]*(?-u:\b) | Sanitised\ text\ [1-9][0-9]*
            | (?<fixed_length>
                00000000-0000-4000-[aA]000-[0-9a-fA-F]{12}(?-u:\b)
                | 2001-01-[0-9]{2}[Tt\ ][0-9:.]+
                | Mon,\ 01\ Jan\ 2001\ [0-9:]{8}
                | 1[0-9]{3,}(?-u:\b)
            )
        )",
    )
});

pub fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a regular expression")
}

/// Numbers the pseudonyms in the text of a recording again, in the order of the text: `offer-7, id-3, offer-7` becomes
/// `<offer- 0>, <id- 1>, <offer- 0>`. Two recordings of the same response then have the same text, whatever numbers their pseudonyms have.
pub fn without_pseudonyms(text: &str) -> String {
    let mut order = HashMap::new();
    let replaced = PSEUDONYM.replace_all(text, |found: &Captures<'_>| {
        let next = order.len();
        let index = *order.entry(found[0].to_ascii_lowercase()).or_insert(next);
        let form = match found.name("fixed_length") {
            Some(fixed) => fixed.as_str().replace(|c: char| c.is_ascii_hexdigit(), "0"),
            None => found[0]
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .to_owned(),
        };
        format!("<{form} {index}>")
    });
    replaced.into_owned()
}

/// Returns the kind of a text if the text has one of the [`FORMS`].
pub fn kind_by_form(text: &str) -> Option<Kind> {
    let form = FORMS.iter().find(|(_, regex)| regex.is_match(text));
    form.map(|(kind, _)| *kind)
}

/// The pseudonyms of a run. A real value has the same pseudonym in the whole run.
pub struct Pseudonyms {
    public: PublicValues,
    by_real_value: HashMap<String, String>,
    counters: HashMap<Kind, u64>,
}

impl Pseudonyms {
    pub fn new(public: PublicValues) -> Self {
        Self {
            public,
            by_real_value: HashMap::new(),
            counters: HashMap::new(),
        }
    }

    /// Returns whether a value is in [`PublicValues`]. A public value needs no pseudonym.
    pub fn is_public(&self, value: &str) -> bool {
        self.public.contains(value)
    }

    /// Returns the pseudonym of the value `real`. Returns a public value unchanged.
    pub fn replace(&mut self, kind: Kind, real: &str) -> String {
        if self.is_public(real) {
            return real.to_owned();
        }
        // GUIDs that differ only in letter case are equal, so their pseudonyms differ only in letter case.
        if kind == Kind::Guid && real.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let real = real.to_ascii_lowercase();
            return self.replace(kind, &real).to_ascii_uppercase();
        }
        if let Some(pseudonym) = self.by_real_value.get(real) {
            return pseudonym.clone();
        }
        let counter = self.counters.entry(kind).or_default();
        let pseudonym = loop {
            *counter += 1;
            let pseudonym = pseudonym(kind, real, *counter);
            // A pseudonym that equals a public value would look like a kept real value.
            if !self.public.contains(&pseudonym) {
                break pseudonym;
            }
        };
        self.by_real_value
            .insert(real.to_owned(), pseudonym.clone());
        pseudonym
    }

    /// Returns whether a text still contains a real GUID that has a pseudonym. Doesn't search for real values of other kinds, because a text
    /// can contain them by chance.
    pub fn leaks(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let mut real = self.by_real_value.keys();
        real.any(|real| {
            kind_by_form(real) == Some(Kind::Guid) && text.contains(&real.to_ascii_lowercase())
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
        Kind::Word | Kind::Text => text(real, n),
    }
}

/// Returns a time in January 2001, in the format of the real time. Two pseudonyms differ by at least a minute, because some formats have no
/// seconds. In HTTP dates, which always have seconds, they differ by at least a second.
fn time(real: &str, n: u64) -> String {
    if real.ends_with(" GMT") {
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        return format!("Mon, 01 Jan 2001 {hour:02}:{minute:02}:{second:02} GMT");
    }
    let offset = real.rfind(['Z', 'z', '+', '-']);
    let offset = offset.filter(|offset| *offset > "2001-01-01".len());
    let (local, offset) = real.split_at(offset.unwrap_or(real.len()));
    let (day, hour, minute) = (n / 1440 % 31 + 1, n / 60 % 24, n % 60);
    let digits = format!("200101{day:02}{hour:02}{minute:02}00");
    let mut digits = digits.chars().chain("123456789".chars().cycle());
    let replaced = local.chars().map(|c| match c {
        '0'..='9' => digits.next().unwrap_or_default(),
        separator => separator,
    });
    replaced.collect::<String>() + offset
}

/// Returns a number with as many digits as the real number: 1, zeros, and `n`.
fn number(real: &str, n: u64) -> String {
    let (sign, digits) = match real.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", real),
    };
    format!("{sign}1{n:0width$}", width = digits.len().saturating_sub(1))
}

/// Returns a sentence with the number `n`. If the real text is an HTML page, returns an HTML page that contains the sentence.
fn text(real: &str, n: u64) -> String {
    let sentence = format!("Sanitised text {n}.");
    let start = real.trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") {
        return format!("<html><body>{sentence}</body></html>");
    }
    sentence
}
