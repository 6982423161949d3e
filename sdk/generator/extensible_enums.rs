//! Generates a Rust enum from each extensible enum of the spec. An extensible enum is a string schema with the keyword
//! `x-extensible-enum`. The keyword lists the known values. A response can also contain an unknown value.

use heck::ToUpperCamelCase;
use quote::format_ident;
use serde_json::Value;
use syn::parse_quote;

use super::spec::Node;

/// The schema keyword that lists the known values of an extensible enum.
pub const KEYWORD: &str = "x-extensible-enum";

/// Returns the known values of an extensible enum, in the order of the spec.
pub fn known_values<'s>(schema: &Node<'s>) -> impl Iterator<Item = &'s str> + use<'s> {
    schema.list(KEYWORD).iter().filter_map(Value::as_str)
}

/// Returns the name of the enum variant for a known value. The name is empty if the value has neither letters nor digits.
pub fn variant(value: &str) -> String {
    let name = value.to_upper_camel_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("V{name}")
    } else {
        name
    }
}

/// Returns the enum of the schema `name`, and its implementations of the traits `KnownValue` and `Sealed`.
pub fn items(name: &str, schema: &Node<'_>) -> [syn::Item; 3] {
    let ident = format_ident!("{name}");
    let description = schema.description();
    let documentation = format!(
        "{description}\n\nIn a response, the type [`Extensible`](crate::Extensible) wraps this enum, so that unknown values are kept as well."
    );
    let texts: Vec<_> = known_values(schema).collect();
    let variants: Vec<_> = texts
        .iter()
        .map(|text| format_ident!("{}", variant(text)))
        .collect();
    let meanings = texts.iter().map(|text| meaning(description, text));
    [
        parse_quote! {
            #[doc = #documentation]
            #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
            #[non_exhaustive]
            pub enum #ident {
                #(#[doc = #meanings] #variants,)*
            }
        },
        parse_quote! {
            impl crate::KnownValue for #ident {
                const VALUES: &'static [(&'static str, Self)] = &[#((#texts, Self::#variants)),*];
            }
        },
        parse_quote! {
            impl crate::values::extensible::Sealed for #ident {}
        },
    ]
}

/// Returns the documentation of a known value: the value and its meaning. The meaning is in a table in the schema's description. If the
/// table has no row for the value, returns only the value.
fn meaning(description: &str, value: &str) -> String {
    let row = format!("| `{value}` |");
    description
        .lines()
        .find_map(|line| line.trim().strip_prefix(&row)?.strip_suffix('|'))
        .map_or_else(
            || format!("`{value}`."),
            |meaning| format!("`{value}`: {}.", meaning.trim()),
        )
}
