//! Post-processes progenitor's client: completes the documentation, makes the decoding of optional properties lenient, and removes
//! code that the SDK's `Client` replaces.

use std::collections::BTreeMap;

use quote::{format_ident, quote};
use serde_json::Value;
use syn::{
    Attribute, Fields, File, ImplItem, ImplItemFn, Item, ItemMod, ItemStruct, Type, Visibility,
    parse_quote,
};

use super::extensible_enums::{self, is_extensible};
use super::prepare::Prepared;
use super::spec::{Kind, Node, Spec};

/// Post-processes progenitor's file, and returns the methods that the facade methods call.
pub fn postprocess(spec: &Spec, prepared: &Prepared, file: &mut File) -> Vec<ImplItemFn> {
    let mut methods = Vec::new();
    file.items.retain_mut(|item| match item {
        Item::Use(item) => {
            item.vis = Visibility::Inherited;
            true
        }
        Item::Mod(module) if module.ident == "types" => {
            types(spec, prepared, module);
            true
        }
        // The SDK's own modules export the public items.
        Item::Mod(module) => module.ident != "prelude",
        Item::Struct(client) if client.ident == "Client" => {
            let text = " progenitor's client, which the SDK's `Client` creates for each call.";
            client.attrs = vec![parse_quote!(#[doc = #text])];
            true
        }
        // progenitor's constructors set timeouts and can panic; the SDK's builder sets the fields instead.
        Item::Impl(block) if has_method(block, "new_with_client") => false,
        Item::Impl(block) if block.trait_.is_none() => {
            for item in &mut block.items {
                if let ImplItem::Fn(method) = item {
                    methods.push(method.clone());
                    remove_documentation(&mut method.attrs);
                }
            }
            true
        }
        _ => true,
    });
    methods
}

fn has_method(block: &syn::ItemImpl, name: &str) -> bool {
    let is_it = |item: &ImplItem| matches!(item, ImplItem::Fn(method) if method.sig.ident == name);
    block.items.iter().any(is_it)
}

fn types(spec: &Spec, prepared: &Prepared, module: &mut ItemMod) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    let schemas = schemas(spec);
    let mut added: Vec<Item> = Vec::new();
    for item in items.iter_mut() {
        if let Item::Struct(structure) = item {
            let schema = schemas.get(&structure.ident.to_string());
            added.extend(self::structure(schema, structure));
        }
    }
    items.extend(added);
    // progenitor's conversion error is unused, unless progenitor generates types that validate their text.
    let text = quote!(#(#items)*).to_string();
    if !text.contains("error :: ConversionError") {
        items.retain(|item| !matches!(item, Item::Mod(module) if module.ident == "error"));
    }
    for name in &prepared.identifiers {
        let (ident, text) = (
            format_ident!("{name}"),
            schemas.get(name).and_then(description),
        );
        items.push(parse_quote! {
            #[doc = #text]
            pub type #ident = crate::Identifier;
        });
    }
    for (name, schema) in &schemas {
        if is_extensible(schema.value) {
            items.extend(extensible_enums::known_values(name, schema.value));
        }
    }
}

/// Post-processes a struct, and returns the items to add for it.
fn structure(schema: Option<&Node<'_>>, structure: &mut ItemStruct) -> Vec<Item> {
    let ident = structure.ident.clone();
    structure.attrs.push(parse_quote!(
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
    ));
    let Fields::Named(fields) = &mut structure.fields else {
        return vec![parse_quote!(crate::decode::value!(#ident);)];
    };
    // Without the attribute, a property that is added to the spec would break code that constructs the type.
    structure.attrs.push(parse_quote!(#[non_exhaustive]));
    structure.attrs.push(parse_quote!(#[derive(PartialEq)]));
    let mut has_default = true;
    for field in &mut fields.named {
        let Some(name) = field.ident.clone() else {
            continue;
        };
        let property = property_name(&name, &field.attrs);
        if let Some(text) = schema.and_then(|schema| field_documentation(schema, &property)) {
            remove_documentation(&mut field.attrs);
            field.attrs.insert(0, parse_quote!(#[doc = #text]));
        }
        if is_option(&field.ty) {
            field.attrs.push(parse_quote!(
                #[serde(default, deserialize_with = "crate::decode::option")]
            ));
            field
                .attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", schemars(default))]));
        } else {
            field.attrs.push(parse_quote!(
                #[serde(deserialize_with = "crate::decode::required")]
            ));
            // An identifier has no default, because an empty identifier would address another resource.
            has_default &= field.ty != parse_quote!(crate::Identifier);
        }
    }
    let derives_default = structure.attrs.iter().any(|attribute| {
        attribute.path().is_ident("derive") && quote!(#attribute).to_string().contains("Default")
    });
    if has_default && !derives_default {
        structure.attrs.push(parse_quote!(#[derive(Default)]));
    }
    vec![parse_quote!(crate::decode::object!(#ident);)]
}

/// Returns the documentation of a property: its description, or for a reference the first paragraph of the target's description.
fn field_documentation(schema: &Node<'_>, property: &str) -> Option<String> {
    let written = schema.written("properties")?.written(property)?;
    if written.text("$ref").is_none() {
        return description(&written);
    }
    let text = description(&schema.written("properties")?.child(property)?)?;
    Some(text.split("\n\n").next()?.to_owned())
}

fn description(schema: &Node<'_>) -> Option<String> {
    Some(schema.text("description")?.trim().to_owned())
}

/// Returns the schemas that become types, by the type's name.
fn schemas(spec: &Spec) -> BTreeMap<String, Node<'_>> {
    let mut schemas = BTreeMap::new();
    spec.walk(|visited| {
        if visited.kind != Kind::Schema || visited.is_reference() {
            return;
        }
        let component = visited.pointer.rsplit('/').next();
        let name = match visited.parent {
            Kind::Components => component,
            _ => visited.value.get("title").and_then(Value::as_str),
        };
        if let (Some(name), Some(node)) = (name, spec.at(&visited.pointer)) {
            schemas.entry(name.to_owned()).or_insert(node);
        }
    });
    schemas
}

/// Returns the name of a field's JSON property.
fn property_name(ident: &syn::Ident, attributes: &[Attribute]) -> String {
    let mut name = ident.to_string();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        // Errors of other parts of the attribute are ignored. Without `rename`, the field has the property's name.
        let _ = attribute.parse_nested_meta(|meta| {
            let value = meta
                .value()
                .and_then(syn::parse::ParseBuffer::parse::<syn::LitStr>);
            if meta.path.is_ident("rename")
                && let Ok(value) = value
            {
                name = value.value();
            }
            Ok(())
        });
    }
    name
}

fn is_option(kind: &Type) -> bool {
    matches!(kind, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn remove_documentation(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
}
