//! Post-processes the client and the types that the code generator progenitor generates:
//!
//! * Adds types and attributes.
//! * Makes the decoding of optional properties lenient: an unexpected value becomes `None`.
//! * Removes the code that hand-written code of the SDK replaces.

use std::collections::BTreeSet;

use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Fields, File, ImplItem, ImplItemFn, Item, ItemMod, ItemStruct, Meta, Stmt, Token,
    Type, parse_quote,
};

use super::extensible_enums;
use super::prepare::{Prepared, hand_written_type};

/// Post-processes progenitor's file. Returns the methods of the operations as progenitor generated them. The module `facade` reads their
/// signatures and documentation.
pub fn postprocess(prepared: &Prepared<'_>, file: &mut File) -> Vec<ImplItemFn> {
    let mut methods = Vec::new();
    file.items.retain_mut(|item| match item {
        Item::Mod(module) => {
            let is_types = module.ident == "types";
            if is_types {
                types(prepared, module);
            }
            is_types
        }
        // progenitor documents its client with the description of the whole spec. This client isn't public, so it needs no documentation.
        Item::Struct(client) => {
            client.attrs.clear();
            true
        }
        Item::Impl(block) => {
            // The SDK doesn't have progenitor's trait `ClientInfo`, so the trait's method `api_version` becomes a method of the client.
            block.trait_ = None;
            block.items.retain_mut(|item| match item {
                // Only the methods of operations are async. The constructors are removed, because they set timeouts and can panic.
                // `sdk/src/call/progenitor.rs` sets the fields instead.
                ImplItem::Fn(method) if method.sig.asyncness.is_some() => {
                    methods.push(method.clone());
                    only_build_request(method);
                    true
                }
                ImplItem::Fn(method) if method.sig.ident == "api_version" => {
                    method.vis = parse_quote!(pub);
                    true
                }
                _ => false,
            });
            !block.items.is_empty()
        }
        // The imports of progenitor-client are removed. The import of `crate::call::progenitor` replaces them.
        _ => false,
    });
    file.items.insert(
        0,
        parse_quote! {
            #[allow(unused_imports)]
            use crate::call::progenitor::{self as progenitor_client, encode_path};
        },
    );
    methods
}

/// Removes the statements that send the request and decode the response. The hand-written code in `sdk/src/call` does both instead.
fn only_build_request(method: &mut ImplItemFn) {
    // The facade method, which is the public method of the operation, has the documentation.
    method.attrs.clear();
    method.sig.asyncness = None;
    method.sig.output = parse_quote!(-> Result<::reqwest::Request, progenitor_client::Error>);
    let statements = &mut method.block.stmts;
    // progenitor sends the request after `let info = OperationInfo { … };`.
    let info = statements.iter().position(|statement| match statement {
        Stmt::Local(local) => local.pat == parse_quote!(info),
        _ => false,
    });
    statements.truncate(info.unwrap_or_default());
    statements.push(Stmt::Expr(parse_quote!(Ok(request)), None));
}

fn types(prepared: &Prepared<'_>, module: &mut ItemMod) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    let without_default = types_without_default(items);
    let mut added: Vec<Item> = Vec::new();
    for item in items.iter_mut() {
        if let Item::Struct(structure) = item {
            let has_default = !without_default.contains(&structure.ident.to_string());
            added.push(add_attributes(structure, has_default));
        }
    }
    items.extend(added);
    // Removes progenitor's module `error` if no type uses the module. Only types that validate text use it.
    let text = quote!(#(#items)*).to_string();
    if !text.contains("error :: ConversionError") {
        items.retain(|item| !matches!(item, Item::Mod(module) if module.ident == "error"));
    }
    for (name, schema) in &prepared.replaced {
        if schema.has(extensible_enums::KEYWORD) {
            items.extend(extensible_enums::items(name, schema));
        } else if let Some(rust) = hand_written_type(schema) {
            let (ident, rust) = (format_ident!("{name}"), format_ident!("{rust}"));
            let description = schema.description();
            items.push(parse_quote! {
                #[doc = #description]
                pub type #ident = crate::#rust;
            });
        }
    }
}

/// Returns the types that have no default: `Identifier`, and each struct that has a field with such a type. `Identifier` has no default,
/// because an empty identifier in a path would address another resource.
fn types_without_default(items: &[Item]) -> BTreeSet<String> {
    let identifier: Type = parse_quote!(crate::Identifier);
    let mut found = BTreeSet::from([quote!(#identifier).to_string()]);
    loop {
        let earlier = found.len();
        for item in items {
            if let Item::Struct(structure) = item {
                let mut fields = structure.fields.iter().map(|field| &field.ty);
                if fields.any(|kind| found.contains(&quote!(#kind).to_string())) {
                    found.insert(structure.ident.to_string());
                }
            }
        }
        if found.len() == earlier {
            return found;
        }
    }
}

/// Adds attributes to a struct and its fields, and returns the macro call that implements the struct's decoding.
fn add_attributes(structure: &mut ItemStruct, has_default: bool) -> Item {
    let ident = structure.ident.clone();
    structure.attrs.push(parse_quote!(
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
    ));
    let Fields::Named(fields) = &mut structure.fields else {
        // A struct that has this type as a required property derives `Default`, so this type needs `Default` too.
        if has_default {
            structure.attrs.push(parse_quote!(#[derive(Default)]));
        }
        return parse_quote!(crate::decode::value!(#ident););
    };
    // Without `non_exhaustive`, users could construct the type by naming every field. A new property in the spec would break their code.
    structure.attrs.push(parse_quote!(#[non_exhaustive]));
    // progenitor derives `Default` only if every property is optional. Any other struct that can have a default derives `Default` here.
    let has_required = fields.named.iter().any(|field| !is_option(&field.ty));
    if has_required && has_default {
        structure.attrs.push(parse_quote!(#[derive(Default)]));
    }
    for field in &mut fields.named {
        let is_id = field.ident.as_ref().is_some_and(|name| name == "id");
        // progenitor writes `deserialize_with` only for a required property that can be null.
        let is_required = remove_deserialize_with(&mut field.attrs);
        field.attrs.push(if is_option(&field.ty) && !is_required {
            parse_quote!(#[serde(default, deserialize_with = "crate::decode::optional")])
        } else if is_id && field.ty == parse_quote!(::std::string::String) {
            // Decoding checks a required `id`, because a caller uses the id as a path argument of a later request.
            parse_quote!(#[serde(deserialize_with = "crate::decode::identifier")])
        } else {
            parse_quote!(#[serde(deserialize_with = "crate::decode::required")])
        });
    }
    parse_quote!(crate::decode::object!(#ident);)
}

/// Removes `deserialize_with` from the attributes `serde`. Returns whether an attribute had it.
fn remove_deserialize_with(attributes: &mut Vec<Attribute>) -> bool {
    let mut is_removed = false;
    attributes.retain_mut(|attribute| {
        let Meta::List(list) = &mut attribute.meta else {
            return true;
        };
        let arguments = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        let (removed, kept): (Vec<_>, Vec<_>) = arguments
            .into_iter()
            .flatten()
            .partition(|argument| argument.path().is_ident("deserialize_with"));
        if removed.is_empty() {
            return true;
        }
        is_removed = true;
        list.tokens = quote!(#(#kept),*);
        !kept.is_empty()
    });
    is_removed
}

fn is_option(kind: &Type) -> bool {
    matches!(kind, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}
