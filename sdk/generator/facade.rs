//! Generates the facade methods: the public methods of `Client`, one per operation, with checked identifiers and the SDK's error.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, FnArg, GenericArgument, Ident, ImplItemFn, Pat, PathArguments, ReturnType, Type,
    parse_quote,
};

use super::spec::{Operation, Spec, SpecError};

/// An argument of a facade method.
struct Argument {
    name: Ident,
    /// The type that progenitor's method takes.
    progenitor: Type,
    /// The parameter's name in the spec, if the argument is an identifier in the path.
    identifier: Option<String>,
}

/// Generates the file `facade.rs` from progenitor's methods.
pub fn facade(
    spec: &Spec,
    operations: &[Operation<'_>],
    methods: &[ImplItemFn],
) -> Result<syn::File, SpecError> {
    let methods = methods
        .iter()
        .map(|method| self::method(spec, operations, method))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(parse_quote! {
        #[allow(unused_imports)]
        use crate::types;

        /// The operations of the spec.
        impl crate::Client {
            #(#methods)*
        }
    })
}

fn method(
    spec: &Spec,
    operations: &[Operation<'_>],
    method: &ImplItemFn,
) -> Result<TokenStream, SpecError> {
    let name = &method.sig.ident;
    let unexpected = |what: &str| {
        let message = format!(
            "progenitor's method `{name}` has {what} that the generator doesn't support: adapt the generator"
        );
        spec.error("", message)
    };
    let operation = operations
        .iter()
        .find(|operation| *name == operation.id.to_snake_case())
        .ok_or_else(|| unexpected("a name"))?;
    let response = response_type(&method.sig.output).ok_or_else(|| unexpected("a result"))?;
    let arguments = arguments(operation, method).ok_or_else(|| unexpected("an argument"))?;
    let documentation = documentation(operation, method, &arguments);

    let id = operation.id;
    let mut declared = Vec::new();
    let mut checked = Vec::new();
    let mut passed = Vec::new();
    let mut identifiers = Vec::new();
    for argument in &arguments {
        let (name, progenitor) = (&argument.name, &argument.progenitor);
        if let Some(parameter) = &argument.identifier {
            declared.push(quote!(#name: impl ::std::convert::AsRef<str>));
            checked.push(quote! {
                let #name: crate::Identifier = crate::call::checked(#id, #parameter, #name.as_ref())?;
            });
            passed.push(quote!(&#name));
            identifiers.push(quote!((#parameter, #name.as_ref())));
        } else {
            declared.push(quote!(#name: #progenitor));
            passed.push(quote!(#name));
        }
    }
    let success = success(operation);
    let borrows = arguments
        .iter()
        .any(|argument| argument.identifier.is_none());
    let generics = borrows.then(|| quote!(<'a>));
    Ok(quote! {
        #(#documentation)*
        pub async fn #name #generics (
            &self,
            #(#declared),*
        ) -> ::std::result::Result<crate::Response<#response>, crate::Error> {
            #(#checked)*
            let operation = crate::call::settings::Operation {
                id: #id,
                success: &[#(#success),*],
                path: &[#(#identifiers),*],
            };
            let request = self.requests().#name(#(#passed),*).await;
            self.call(operation, crate::call::progenitor::request(request)).await
        }
    })
}

/// Returns the ranges of status codes that are successes in the spec.
fn success(operation: &Operation<'_>) -> Vec<TokenStream> {
    let statuses = operation.responses().into_iter().map(|(status, _)| status);
    statuses
        .filter_map(|status| {
            let (first, last) = (status.replace('X', "0"), status.replace('X', "9"));
            let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
            (200..300).contains(&first).then(|| quote!(#first..=#last))
        })
        .collect()
}

/// Returns the method's arguments; `None` if one is a pattern instead of a name.
fn arguments(operation: &Operation<'_>, method: &ImplItemFn) -> Option<Vec<Argument>> {
    let typed = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(_) => None,
        FnArg::Typed(argument) => Some(argument),
    });
    typed
        .map(|argument| {
            let Pat::Ident(pattern) = argument.pat.as_ref() else {
                return None;
            };
            let in_path = operation
                .templates()
                .find(|template| pattern.ident == template.to_snake_case());
            Some(Argument {
                name: pattern.ident.clone(),
                progenitor: (*argument.ty).clone(),
                identifier: in_path
                    .filter(|_| is_identifier(&argument.ty))
                    .map(ToOwned::to_owned),
            })
        })
        .collect()
}

fn is_identifier(kind: &Type) -> bool {
    let expected: Type = parse_quote!(&'a crate::Identifier);
    *kind == expected
}

/// Returns `T` of `Result<ResponseValue<T>, …>`.
fn response_type(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, result) = output else {
        return None;
    };
    first_argument(&first_argument(result)?)
}

fn first_argument(kind: &Type) -> Option<Type> {
    let Type::Path(path) = kind else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(kind) => Some(kind.clone()),
        _ => None,
    }
}

/// Returns progenitor's documentation, and a code example if the spec has an example for every argument.
fn documentation(
    operation: &Operation<'_>,
    method: &ImplItemFn,
    arguments: &[Argument],
) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = method
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect();
    let examples: Option<Vec<String>> = arguments
        .iter()
        .map(|argument| {
            let name = argument.identifier.as_ref()?;
            let parameter = operation
                .parameters
                .iter()
                .find(|parameter| parameter.name == *name)?;
            Some(format!("{:?}", parameter.node.text("example")?))
        })
        .collect();
    if let Some(examples) = examples {
        let example = format!(
            "\n# Example\n\n```no_run\n# async fn example(client: cloud_partner_portal::Client) -> Result<(), \
             cloud_partner_portal::Error> {{\nlet response = client.{}({}).await?;\nprintln!(\"{{:?}}\", \
             *response);\n# Ok(())\n# }}\n```\n",
            method.sig.ident,
            examples.join(", ")
        );
        attributes.push(parse_quote!(#[doc = #example]));
    }
    attributes
}
