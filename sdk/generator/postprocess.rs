//! Post-processes progenitor's client: completes the documentation, makes the decoding of optional properties lenient, and removes
//! code that the SDK's `Client` replaces.

use quote::{format_ident, quote};
use syn::{
    Attribute, Fields, File, ImplItem, ImplItemFn, Item, ItemMod, ItemStruct, Type, Visibility,
    parse_quote,
};

use super::extensible_enums;
use super::prepare::Prepared;
use super::spec::{Node, Spec};

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
    let mut added: Vec<Item> = Vec::new();
    for item in items.iter_mut() {
        if let Item::Struct(structure) = item {
            added.push(self::structure(structure));
        }
    }
    items.extend(added);
    // progenitor's conversion error is unused, unless progenitor generates types that validate their text.
    let text = quote!(#(#items)*).to_string();
    if !text.contains("error :: ConversionError") {
        items.retain(|item| !matches!(item, Item::Mod(module) if module.ident == "error"));
    }
    let component = |name: &str| spec.at(&format!("/components/schemas/{name}"));
    let description = |schema: &Node<'_>| {
        schema
            .text("description")
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    for schema in prepared
        .identifiers
        .iter()
        .filter_map(|name| component(name))
    {
        let (ident, description) = (format_ident!("{}", schema.key()), description(&schema));
        items.push(parse_quote! {
            #[doc = #description]
            pub type #ident = crate::Identifier;
        });
    }
    for schema in prepared
        .extensible
        .iter()
        .filter_map(|name| component(name))
    {
        let texts: Vec<_> = extensible_enums::values(schema.value).collect();
        items.extend(extensible_enums::known_values(
            &schema.key(),
            &description(&schema),
            &texts,
        ));
    }
}

/// Post-processes a struct, and returns the item to add for it.
fn structure(structure: &mut ItemStruct) -> Item {
    let ident = structure.ident.clone();
    structure.attrs.push(parse_quote!(
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
    ));
    let Fields::Named(fields) = &mut structure.fields else {
        return parse_quote!(crate::decode::value!(#ident););
    };
    // Without the attribute, a property that is added to the spec would break code that constructs the type.
    structure.attrs.push(parse_quote!(#[non_exhaustive]));
    structure.attrs.push(parse_quote!(#[derive(PartialEq)]));
    let mut has_default = true;
    for field in &mut fields.named {
        let is_id = field.ident.as_ref().is_some_and(|name| name == "id");
        if is_option(&field.ty) {
            field.attrs.push(parse_quote!(
                #[serde(default, deserialize_with = "crate::decode::option")]
            ));
            field
                .attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", schemars(default))]));
        } else if is_id && field.ty == parse_quote!(::std::string::String) {
            // A required `id` becomes a path parameter of a later request.
            field.attrs.push(parse_quote!(
                #[serde(deserialize_with = "crate::decode::identifier")]
            ));
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
    parse_quote!(crate::decode::object!(#ident);)
}

fn is_option(kind: &Type) -> bool {
    matches!(kind, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn remove_documentation(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
}
