//! Generates an enum of known values from each `x-extensible-enum`.

use heck::ToUpperCamelCase;
use quote::format_ident;
use serde_json::Value;
use syn::parse_quote;

use super::spec::Node;

/// The keyword of an extensible enum: a string whose known values are listed.
pub const KEYWORD: &str = "x-extensible-enum";

/// Returns the known values in the order of the spec.
pub fn values<'s>(schema: &Node<'s>) -> impl Iterator<Item = &'s str> + use<'s> {
    schema.list(KEYWORD).iter().filter_map(Value::as_str)
}

/// Returns the description of a schema.
pub fn description<'s>(schema: &Node<'s>) -> &'s str {
    schema.text("description").unwrap_or_default().trim()
}

/// Returns the name of the enum variant for a value; empty for a value without letters and digits.
#[must_use]
pub fn variant(value: &str) -> String {
    let name = value.to_upper_camel_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("V{name}")
    } else {
        name
    }
}

/// Returns the enum of the component `name`, and its implementations of `KnownValue` and `Sealed`.
pub fn known_values(name: &str, schema: &Node<'_>) -> [syn::Item; 3] {
    let ident = format_ident!("{name}");
    let description = description(schema);
    let documentation = format!(
        "{description}\n\nResponses hold it as [`Extensible`](crate::Extensible), which keeps values that aren't listed here."
    );
    let texts: Vec<_> = values(schema).collect();
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

/// Returns the documentation of a value: the meaning in the table of the component's description, or the value itself.
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
