//! Generates the facade methods: the public methods of the SDK's `Client`, one per operation. A facade method does three things:
//!
//! 1. It checks its path arguments, such as a publisher's id.
//! 2. It builds the request. For this, it calls a method that the code generator progenitor has generated.
//! 3. It sends the request with the hand-written code in `sdk/src/call`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, FnArg, GenericArgument, ImplItemFn, PathArguments, ReturnType, Type, parse_quote,
};

use super::lint::snake_case;
use super::spec::{Operation, Spec, SpecError};

/// Returns the content of `sdk/src/facade.rs`: one facade method for each method that progenitor generated.
pub fn facade(spec: &Spec, methods: &[ImplItemFn]) -> Result<syn::File, SpecError> {
    let operations = spec.operations()?;
    let mut facade_methods = Vec::new();
    for method in methods {
        let name = &method.sig.ident;
        let mut operations = operations.iter();
        let operation = operations.find(|operation| *name == snake_case(&operation.name));
        let facade_method = operation.and_then(|operation| facade_method(operation, method));
        facade_methods.push(facade_method.ok_or_else(|| {
            let pointer = operation.map_or("/paths", |operation| &operation.node.pointer);
            let message = format!(
                "the method `{name}` can't be generated. Describe its response with a JSON schema"
            );
            spec.error(pointer, message)
        })?);
    }
    Ok(parse_quote! {
        #[allow(unused_imports)]
        use crate::types;

        /// The operations of the spec.
        impl crate::Client {
            #(#facade_methods)*
        }
    })
}

/// Returns the facade method of an operation; `None` if progenitor's method returns an unexpected type.
fn facade_method(operation: &Operation<'_>, method: &ImplItemFn) -> Option<TokenStream> {
    let response = response_type(&method.sig.output)?;
    let (id, method_name) = (&operation.name, &method.sig.ident);
    let path_argument_type: Type = parse_quote!(&'a crate::Identifier);
    let (mut declared, mut checked, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut path_arguments, mut examples) = (Vec::new(), Vec::new());
    let mut lifetime = None;
    for input in &method.sig.inputs {
        let FnArg::Typed(argument) = input else {
            continue;
        };
        let (name, kind) = (&argument.pat, &*argument.ty);
        let text = quote!(#name).to_string();
        // progenitor adds `_` to a keyword such as `type`.
        let text = text.trim_end_matches('_');
        let mut parameters = operation.parameters.iter();
        let path_parameter = parameters
            .find(|parameter| parameter.place == "path" && snake_case(&parameter.name) == text);
        if let Some(parameter) = path_parameter.filter(|_| *kind == path_argument_type) {
            let key = &parameter.name;
            declared.push(quote!(#name: impl ::std::convert::AsRef<str>));
            checked.push(quote! {
                let #name: crate::Identifier = crate::call::checked(#id, #key, #name.as_ref())?;
            });
            passed.push(quote!(&#name));
            path_arguments.push(quote!((#key, #name.as_ref())));
            examples.push(parameter.node.text("example"));
        } else {
            declared.push(quote!(#name: #kind));
            passed.push(quote!(#name));
            lifetime = Some(quote!(<'a>));
            examples.push(None);
        }
    }
    let documentation = documentation(method, examples.into_iter().collect());
    let success_codes = success_codes(operation);
    Some(quote! {
        #(#documentation)*
        pub async fn #method_name #lifetime (
            &self,
            #(#declared),*
        ) -> ::std::result::Result<crate::Response<#response>, crate::Error> {
            #(#checked)*
            // This function has no local variables, because a parameter of the operation could have the same name.
            self.call(
                crate::call::settings::Operation {
                    id: #id,
                    success_codes: &[#(#success_codes),*],
                    path: &[#(#path_arguments),*],
                },
                &|| crate::call::progenitor::with_version_in_query(
                    self.generated_client().#method_name(#(#passed),*),
                ),
            )
            .await
        }
    })
}

/// Returns the ranges of status codes that are successes in the spec.
fn success_codes(operation: &Operation<'_>) -> Vec<TokenStream> {
    let statuses = operation.responses().into_iter().map(|(status, _)| status);
    statuses
        .filter_map(|status| {
            let (first, last) = (status.replace('X', "0"), status.replace('X', "9"));
            let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
            (200..300).contains(&first).then(|| quote!(#first..=#last))
        })
        .collect()
}

/// Returns `T` of `Result<ResponseValue<T>, …>`.
fn response_type(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, result) = output else {
        return None;
    };
    first_generic_argument(&first_generic_argument(result)?)
}

fn first_generic_argument(kind: &Type) -> Option<Type> {
    let Type::Path(path) = kind else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(kind) => Some(kind.clone()),
        _ => None,
    }
}

/// Returns the doc comment of progenitor's method. If the spec has an example for every argument, adds a code example.
fn documentation(method: &ImplItemFn, examples: Option<Vec<&str>>) -> Vec<Attribute> {
    let mut attributes = method.attrs.clone();
    if let Some(examples) = examples {
        let arguments: Vec<_> = examples.iter().map(|text| format!("{text:?}")).collect();
        let example = format!(
            "\n# Example\n\n```no_run\n# async fn example(client: cloud_partner_portal::Client) -> Result<(), \
             cloud_partner_portal::Error> {{\nlet response = client.{}({}).await?;\nprintln!(\"{{:?}}\", \
             *response);\n# Ok(())\n# }}\n```\n",
            method.sig.ident,
            arguments.join(", ")
        );
        attributes.push(parse_quote!(#[doc = #example]));
    }
    attributes
}
