//! Generates an enum of known values from each `x-extensible-enum`.

use heck::ToUpperCamelCase;
use quote::{format_ident, quote};
use serde_json::Value;

/// The keyword of an extensible enum: a string whose known values are listed.
pub const KEYWORD: &str = "x-extensible-enum";

/// Returns the known values in the order of the spec.
pub fn values(schema: &Value) -> impl Iterator<Item = &str> {
    schema
        .get(KEYWORD)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Returns the name of the component that repeats the known values of the component `name` as constants for other languages.
#[must_use]
pub fn constants(name: &str) -> String {
    format!("Known{name}")
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
pub fn known_values(name: &str, description: &str, texts: &[&str]) -> [syn::Item; 3] {
    let ident = format_ident!("{name}");
    let documentation = format!(
        "{description}\n\nResponses hold it as [`Extensible`](crate::Extensible), which keeps values that aren't listed here."
    );
    let variants: Vec<_> = texts
        .iter()
        .map(|text| format_ident!("{}", variant(text)))
        .collect();
    let meanings = texts.iter().map(|text| meaning(description, text));
    let known: syn::Item = syn::parse_quote! {
        #[doc = #documentation]
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum #ident {
            #(#[doc = #meanings] #variants,)*
        }
    };
    let pairs = quote!(#((#texts, Self::#variants)),*);
    let implementation: syn::Item = syn::parse_quote! {
        impl crate::KnownValue for #ident {
            const VALUES: &'static [(&'static str, Self)] = &[#pairs];
        }
    };
    let sealed: syn::Item = syn::parse_quote! {
        impl crate::values::extensible::Sealed for #ident {}
    };
    [known, implementation, sealed]
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
