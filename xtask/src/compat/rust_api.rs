//! What the generated Rust API loses and gains: the public items of the code that is generated from both contracts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use quote::{ToTokens, quote};
use regex::Regex;
use serde::Serialize;
use syn::{Attribute, Fields, ImplItem, Item, Signature, TraitItem, Visibility};

use crate::generator::contract::Contract;
use crate::generator::{self, Failure};

static STANDARD_PATH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"::std::(?:\w+::)*").expect("the pattern is a regular expression")
});

/// The difference between two APIs.
#[derive(Default, Serialize)]
pub struct Difference {
    /// Items that are there no more.
    pub lost: Vec<String>,
    /// Items that are something else now.
    pub changed: Vec<Changed>,
    /// Items that are new.
    pub gained: Vec<String>,
}

/// An item that is something else now.
#[derive(Serialize)]
pub struct Changed {
    /// The item.
    pub item: String,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
}

impl Difference {
    /// Whether code that compiled may compile no more.
    pub fn breaks(&self) -> bool {
        !self.lost.is_empty() || !self.changed.is_empty()
    }
}

/// The public items of an API, with what each of them is.
pub type Items = BTreeMap<String, String>;

/// The public items of the code that a contract gives.
pub fn items(contract: &Contract) -> Result<Items, Failure> {
    let mut items = Items::new();
    for file in generator::generate(contract)? {
        let code = syn::parse_file(&file.text).map_err(|error| {
            contract.error("", format!("the generated code isn't Rust: {error}"))
        })?;
        if file.name == "generated.rs" {
            // Of this file, the SDK shows its users the types and what is implemented for its own client.
            let mut code = code.items;
            code.retain(|item| match item {
                Item::Mod(_) => true,
                Item::Impl(item) => written(&item.self_ty).starts_with("crate::"),
                _ => false,
            });
            collect(&code, "", &mut items);
        } else {
            collect(&code.items, "mock::", &mut items);
        }
    }
    Ok(items)
}

/// What is in one and not in the other.
pub fn compare(old: &Items, new: &Items) -> Difference {
    let mut difference = Difference::default();
    for (item, before) in old {
        match new.get(item) {
            None => difference.lost.push(shown(item, before)),
            Some(after) if after != before => difference.changed.push(Changed {
                item: item.clone(),
                before: before.clone(),
                after: after.clone(),
            }),
            Some(_) => {}
        }
    }
    difference.gained = new
        .iter()
        .filter(|(item, _)| !old.contains_key(*item))
        .map(|(item, what)| shown(item, what))
        .collect();
    difference
}

fn shown(item: &str, what: &str) -> String {
    if what.is_empty() {
        item.to_owned()
    } else {
        format!("{item}: {what}")
    }
}

fn collect(code: &[Item], at: &str, items: &mut Items) {
    for item in code {
        match item {
            Item::Mod(module) if public(&module.vis) => {
                let within = format!("{at}{}::", module.ident);
                if let Some((_, code)) = &module.content {
                    collect(code, &within, items);
                }
            }
            Item::Struct(item) if public(&item.vis) => {
                let name = format!("{at}{}", item.ident);
                derived(&item.attrs, &name, items);
                fields(&item.fields, &name, items);
                items.insert(name, "struct".to_owned());
            }
            Item::Enum(item) if public(&item.vis) => {
                let name = format!("{at}{}", item.ident);
                derived(&item.attrs, &name, items);
                for variant in &item.variants {
                    let what = written(&variant.fields);
                    items.insert(format!("{name}::{}", variant.ident), what);
                }
                items.insert(name, "enum".to_owned());
            }
            Item::Fn(item) if public(&item.vis) => {
                items.insert(format!("{at}{}", item.sig.ident), signature(&item.sig));
            }
            Item::Type(item) if public(&item.vis) => {
                items.insert(format!("{at}{}", item.ident), written(&item.ty));
            }
            Item::Const(item) if public(&item.vis) => {
                items.insert(format!("{at}{}", item.ident), written(&item.ty));
            }
            Item::Trait(item) if public(&item.vis) => {
                let name = format!("{at}{}", item.ident);
                for member in &item.items {
                    if let TraitItem::Fn(method) = member {
                        items.insert(
                            format!("{name}::{}", method.sig.ident),
                            signature(&method.sig),
                        );
                    }
                }
                items.insert(name, "trait".to_owned());
            }
            Item::Impl(item) => {
                let own = written(&item.self_ty);
                let own = own
                    .strip_prefix("crate::")
                    .map_or_else(|| format!("{at}{own}"), str::to_owned);
                if let Some((interface, _)) = &item.trait_ {
                    items.insert(
                        format!("impl {} for {own}", written(interface)),
                        String::new(),
                    );
                    continue;
                }
                for member in &item.items {
                    match member {
                        ImplItem::Fn(method) if public(&method.vis) => {
                            let name = format!("{own}::{}", method.sig.ident);
                            items.insert(name, signature(&method.sig));
                        }
                        ImplItem::Const(constant) if public(&constant.vis) => {
                            let name = format!("{own}::{}", constant.ident);
                            items.insert(name, written(&constant.ty));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn fields(fields: &Fields, owner: &str, items: &mut Items) {
    for (index, field) in fields.iter().enumerate() {
        if public(&field.vis) {
            let name = field
                .ident
                .as_ref()
                .map_or_else(|| index.to_string(), ToString::to_string);
            items.insert(format!("{owner}.{name}"), written(&field.ty));
        }
    }
}

/// The derived traits of a type are a part of its API.
fn derived(attributes: &[Attribute], owner: &str, items: &mut Items) {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let _ = attribute.parse_nested_meta(|derived| {
            items.insert(
                format!("impl {} for {owner}", written(&derived.path)),
                String::new(),
            );
            Ok(())
        });
    }
}

/// A type or a path on one line. A variant's content is neither, and stays as its tokens are written.
fn written(code: &impl ToTokens) -> String {
    // The printer takes whole files only.
    match syn::parse2(quote! { type Alias = #code; }) {
        Ok(alias) => {
            let text = printed(alias);
            let text = text.strip_prefix("type Alias = ").unwrap_or(&text);
            text.strip_suffix(';').unwrap_or(text).to_owned()
        }
        Err(_) => code.to_token_stream().to_string(),
    }
}

fn signature(signature: &Signature) -> String {
    match syn::parse2(quote! { #signature {} }) {
        Ok(function) => printed(function).trim_end_matches(" {}").to_owned(),
        Err(_) => signature.to_token_stream().to_string(),
    }
}

/// Code on one line, without the paths of what everybody knows.
fn printed(item: Item) -> String {
    let file = syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    };
    let text = prettyplease::unparse(&file);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = STANDARD_PATH.replace_all(&text, "");
    text.replace("( ", "(")
        .replace(", )", ")")
        .replace("< ", "<")
        .replace(", >", ">")
}
