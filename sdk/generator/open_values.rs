//! The enums of the known values, made from each `x-extensible-enum`.

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

/// The known values of an open set, in the contract's order.
pub fn values(schema: &Value) -> impl Iterator<Item = &str> {
    schema
        .get("x-extensible-enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// The name of the component that gives the known values of the component `name` to other languages as constants.
pub fn constants(name: &str) -> String {
    format!("Known{name}")
}

/// The name of a value's variant.
pub fn variant(value: &str) -> String {
    let name = value.to_upper_camel_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("V{name}")
    } else {
        name
    }
}

/// The enum for the component `name`.
pub fn known_enum(name: &str, schema: &Value) -> TokenStream {
    let ident = format_ident!("{name}");
    let description = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or(name)
        .trim();
    let documentation = format!(
        "{description}\n\nThe members of an answer hold it as [`Extensible`](crate::Extensible), which keeps values that aren't listed here."
    );
    let texts: Vec<_> = values(schema).collect();
    let variants: Vec<_> = texts
        .iter()
        .map(|text| format_ident!("{}", variant(text)))
        .collect();
    let meanings = texts.iter().map(|text| meaning(description, text));
    quote! {
        #[doc = #documentation]
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum #ident {
            #(#[doc = #meanings] #variants,)*
        }

        impl crate::KnownValue for #ident {
            const VALUES: &'static [(&'static str, Self)] = &[#((#texts, Self::#variants)),*];
        }
    }
}

/// What the table in the component's description says of a value, or the value itself.
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
