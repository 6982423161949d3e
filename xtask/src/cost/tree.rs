//! What `cargo tree` says.

use serde::Serialize;

/// A crate of a build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The different crates in the output of `cargo tree --prefix none`, sorted.
pub fn parse(text: &str) -> Vec<Crate> {
    let mut crates: Vec<Crate> = text
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            let version = rest.split(' ').next()?;
            Some(Crate {
                name: name.to_owned(),
                version: version.to_owned(),
            })
        })
        .collect();
    crates.sort();
    crates.dedup();
    crates
}

/// Whether a crate is a part of the code generator, of which no consumer should build anything.
pub fn is_generator(name: &str) -> bool {
    let is = |family: &str| {
        name.strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    (is("progenitor") && name != "progenitor-client") || is("typify")
}

#[cfg(test)]
mod tests {
    use super::{Crate, is_generator, parse};

    #[test]
    fn each_crate_is_named_once() {
        let text = "consumer v0.0.0 (/tmp/x y)\n\
                    serde v1.0.229\n\
                    serde_derive v1.0.229 (proc-macro)\n\
                    [build-dependencies]\n\
                    cc v1.11.1+wasi\n\
                    \n\
                    serde v1.0.229 (*)\n\
                    syn v2.0.1\n\
                    syn v3.0.9\n";
        let expected = [
            ("cc", "1.11.1+wasi"),
            ("consumer", "0.0.0"),
            ("serde", "1.0.229"),
            ("serde_derive", "1.0.229"),
            ("syn", "2.0.1"),
            ("syn", "3.0.9"),
        ]
        .map(|(name, version)| Crate {
            name: name.to_owned(),
            version: version.to_owned(),
        });
        assert_eq!(parse(text), expected);
        assert_eq!(parse(""), []);
    }

    #[test]
    fn the_generator_is_known_by_its_names() {
        for name in [
            "progenitor",
            "progenitor-impl",
            "progenitor-macro",
            "typify",
            "typify-impl",
        ] {
            assert!(is_generator(name), "{name}");
        }
        for name in ["progenitor-client", "progenitors", "serde", "typified"] {
            assert!(!is_generator(name), "{name}");
        }
    }
}
