//! What progenitor's code becomes before it is the SDK's: documented throughout, lenient with optional members, open for new
//! members, and behind the SDK's own methods.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Expr, Fields, File, FnArg, ImplItem, Item, ItemMod, ItemStruct, Lit, Type,
    Visibility, parse_quote,
};

use super::contract::{Contract, ContractError};
use super::face;
use super::open_values;
use super::pattern;
use super::prepare::{Prepared, resolve};
use super::version;

/// Finishes the client.
pub fn finish(
    contract: &Contract,
    prepared: &Prepared,
    tokens: TokenStream,
) -> Result<File, ContractError> {
    let mut file = parse(contract, tokens)?;
    let mut methods = Vec::new();
    let mut items = Vec::new();
    for item in file.items {
        match item {
            Item::Use(mut item) => {
                item.vis = Visibility::Inherited;
                items.push(Item::Use(item));
            }
            Item::Mod(mut module) if module.ident == "types" => {
                types(contract, prepared, &mut module)?;
                items.push(Item::Mod(module));
            }
            // The prelude would hold nothing that the SDK shows.
            Item::Mod(module) if module.ident == "prelude" => {}
            Item::Struct(mut client) if client.ident == "Client" => {
                client.attrs = vec![parse_quote!(
                    #[doc = " progenitor's client, made anew for each call by the SDK's own."]
                )];
                items.push(Item::Struct(client));
            }
            // progenitor's constructors bring timeouts and a panic of their own; the SDK's builder fills the fields.
            Item::Impl(block) if constructs(&block) => {}
            Item::Impl(mut block) => {
                if block.trait_.is_none() {
                    for item in &mut block.items {
                        if let ImplItem::Fn(method) = item {
                            methods.push(face::method(contract, prepared, method)?);
                            version::remove_header(method);
                            method
                                .attrs
                                .retain(|attribute| !attribute.path().is_ident("doc"));
                        }
                    }
                }
                items.push(Item::Impl(block));
            }
            other => items.push(other),
        }
    }
    items.push(face::implementation(&methods));
    file.items = items;
    Ok(file)
}

/// Finishes the mocks: documents them, and takes identifiers for what they are where progenitor takes them for patterns.
pub fn finish_mocks(contract: &Contract, tokens: TokenStream) -> Result<File, ContractError> {
    let mut file = parse(contract, tokens)?;
    Mocks.visit_file_mut(&mut file);
    Ok(file)
}

struct Mocks;

impl Mocks {
    fn document(attributes: &mut Vec<Attribute>, text: &str) {
        if !attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("doc"))
        {
            let text = format!(" {text}");
            attributes.insert(0, parse_quote!(#[doc = #text]));
        }
    }
}

impl VisitMut for Mocks {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        Self::document(
            &mut module.attrs,
            "What each operation's mock matches and answers.",
        );
        syn::visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_struct_mut(&mut self, structure: &mut ItemStruct) {
        let name = structure.ident.to_string();
        let text = match name.strip_suffix("When") {
            Some(operation) => format!("Which requests of `{operation}` a mock answers."),
            None => format!(
                "What a mock of `{}` answers.",
                name.trim_end_matches("Then")
            ),
        };
        Self::document(&mut structure.attrs, &text);
    }

    fn visit_impl_item_fn_mut(&mut self, method: &mut syn::ImplItemFn) {
        let name = method.sig.ident.to_string();
        let text = match name.as_str() {
            "new" => "Wraps what httpmock gives.".to_owned(),
            "into_inner" => "What httpmock gave, for whatever the contract doesn't say.".to_owned(),
            "default_response" => "Answers with a status of one's own.".to_owned(),
            _ if method.sig.inputs.iter().any(|input| {
                matches!(input, FnArg::Typed(input) if matches!(input.ty.as_ref(), Type::Reference(_)))
            }) =>
            {
                format!("With this `{name}`.")
            }
            _ => format!("With `{name}`."),
        };
        Self::document(&mut method.attrs, &text);
        syn::visit_mut::visit_impl_item_fn_mut(self, method);
    }

    fn visit_trait_item_fn_mut(&mut self, method: &mut syn::TraitItemFn) {
        let text = format!("Mocks the operation `{}`.", method.sig.ident);
        Self::document(&mut method.attrs, &text);
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        // An identifier such as `a.b` is no pattern.
        if call.path.is_ident("format") {
            let text = call
                .tokens
                .to_string()
                .replace("value . to_string ()", "::regex::escape(value)");
            if let Ok(tokens) = text.parse() {
                call.tokens = tokens;
            }
        }
    }
}

fn parse(contract: &Contract, tokens: TokenStream) -> Result<File, ContractError> {
    syn::parse2(tokens)
        .map_err(|error| contract.error("", format!("progenitor's code isn't Rust: {error}")))
}

fn constructs(block: &syn::ItemImpl) -> bool {
    block
        .items
        .iter()
        .any(|item| matches!(item, ImplItem::Fn(method) if method.sig.ident == "new_with_client"))
}

fn types(
    contract: &Contract,
    prepared: &Prepared,
    module: &mut ItemMod,
) -> Result<(), ContractError> {
    let Some((_, items)) = &mut module.content else {
        return Ok(());
    };
    let schemas = schemas(contract);
    let mut added: Vec<Item> = Vec::new();
    for item in items.iter_mut() {
        match item {
            Item::Struct(structure) => {
                added.extend(self::structure(contract, &schemas, structure));
            }
            Item::Impl(block) => {
                if let Type::Path(path) = block.self_ty.as_ref()
                    && let Some(name) = path.path.segments.last().map(|last| last.ident.to_string())
                    && let Some(schema) = schemas.get(&name)
                {
                    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
                        && pattern::replace(pattern, block).is_none()
                    {
                        return Err(contract.error(
                            &format!("/components/schemas/{name}/pattern"),
                            format!("the SDK can't compare with {pattern}: {}", pattern::SUBSET),
                        ));
                    }
                    ClearRefusal { schema }.visit_item_impl_mut(block);
                }
            }
            _ => {}
        }
    }
    items.extend(added);
    for (name, schema) in &prepared.open_values {
        let known = open_values::known_enum(name, schema);
        items.extend(
            syn::parse2::<File>(known)
                .map(|file| file.items)
                .unwrap_or_default(),
        );
    }
    Ok(())
}

/// Finishes one type, and gives what must stand beside it.
fn structure(
    contract: &Contract,
    schemas: &BTreeMap<String, &Value>,
    structure: &mut ItemStruct,
) -> Vec<Item> {
    let ident = structure.ident.clone();
    structure.attrs.push(parse_quote!(
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
    ));
    let Fields::Named(fields) = &mut structure.fields else {
        return vec![
            parse_quote!(crate::decode::value!(#ident);),
            parse_quote! {
                impl ::std::convert::From<&#ident> for #ident {
                    fn from(value: &Self) -> Self {
                        ::std::clone::Clone::clone(value)
                    }
                }
            },
        ];
    };
    // New members arrive with new contracts; they must not break a user who has written the type out.
    structure.attrs.push(parse_quote!(#[non_exhaustive]));
    structure.attrs.push(parse_quote!(#[derive(PartialEq)]));
    let schema = schemas.get(&ident.to_string());
    let mut arguments = Vec::new();
    let mut values = Vec::new();
    for field in &mut fields.named {
        let Some(name) = field.ident.clone() else {
            continue;
        };
        if let Some(text) = schema
            .and_then(|schema| {
                schema
                    .get("properties")?
                    .get(json_name(&name, &field.attrs))
            })
            .and_then(|property| field_documentation(contract, property))
        {
            field
                .attrs
                .retain(|attribute| !attribute.path().is_ident("doc"));
            field.attrs.insert(0, parse_quote!(#[doc = #text]));
        }
        if is_option(&field.ty) {
            field.attrs.push(parse_quote!(
                #[serde(default, deserialize_with = "crate::decode::option")]
            ));
            field
                .attrs
                .push(parse_quote!(#[cfg_attr(feature = "schemars", schemars(default))]));
            values.push(quote!(#name: ::std::option::Option::None));
        } else {
            let kind = &field.ty;
            arguments.push(quote!(#name: impl ::std::convert::Into<#kind>));
            values.push(quote!(#name: #name.into()));
        }
    }
    let mut beside = vec![parse_quote!(crate::decode::object!(#ident);)];
    if !arguments.is_empty() {
        beside.push(parse_quote! {
            impl #ident {
                /// One with its required members; the others are absent.
                pub fn new(#(#arguments),*) -> Self {
                    Self { #(#values),* }
                }
            }
        });
    }
    beside
}

/// The text that stands over a member: its own description, or what its type is when it is only a reference.
fn field_documentation(contract: &Contract, property: &Value) -> Option<String> {
    let description = |schema: &Value| Some(schema.get("description")?.as_str()?.trim().to_owned());
    if property.get("$ref").is_none() {
        return description(property);
    }
    let text = description(resolve(contract, property)?)?;
    Some(text.split("\n\n").next()?.to_owned())
}

/// Every schema that becomes a type, by the type's name.
fn schemas(contract: &Contract) -> BTreeMap<String, &Value> {
    fn titled<'a>(schema: &'a Value, found: &mut BTreeMap<String, &'a Value>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for property in properties.into_iter().flat_map(Map::values) {
            if let Some(title) = property.get("title").and_then(Value::as_str) {
                found.insert(title.to_owned(), property);
            }
            titled(property, found);
        }
    }
    let mut found = BTreeMap::new();
    let components = contract
        .value
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in components.into_iter().flatten() {
        found.insert(name.clone(), schema);
        titled(schema, &mut found);
    }
    found
}

/// The member's name on the wire.
fn json_name(ident: &syn::Ident, attributes: &[Attribute]) -> String {
    let mut name = ident.to_string();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        // Whatever else stands in the attribute is read over; a failure to read it leaves the field's own name.
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

/// Makes the refusal of an identifier say what was refused and what one looks like.
struct ClearRefusal<'a> {
    schema: &'a Value,
}

impl VisitMut for ClearRefusal<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        let Expr::MethodCall(call) = expression else {
            return;
        };
        if let Expr::Lit(literal) = call.receiver.as_ref()
            && let Lit::Str(text) = &literal.lit
            && text.value().starts_with("doesn't match pattern")
        {
            let text = |member| self.schema.get(member).and_then(Value::as_str);
            let pattern = text("pattern").unwrap_or_default();
            let such_as = text("example")
                .map(|example| format!(", as `{example}` does"))
                .unwrap_or_default();
            let ending = format!(" doesn't match the pattern {pattern}{such_as}")
                .replace('{', "{{")
                .replace('}', "}}");
            let message = format!("{{value:?}}{ending}");
            *expression = parse_quote!(format!(#message).into());
        }
    }
}
