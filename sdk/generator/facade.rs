//! Generates the facade methods: the public methods of `Client`, one per operation, with checked identifiers and the SDK's error.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, FnArg, GenericArgument, ImplItemFn, Pat, PathArguments, ReturnType, Type,
    parse_quote,
};

use super::spec::{Operation, Spec, SpecError};

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

    let id = operation.id;
    let identifier: Type = parse_quote!(&'a crate::Identifier);
    let (mut declared, mut checked, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut identifiers, mut examples) = (Vec::new(), Some(Vec::new()));
    let mut generics = None;
    for input in &method.sig.inputs {
        let FnArg::Typed(argument) = input else {
            continue;
        };
        let (Pat::Ident(pattern), progenitor) = (argument.pat.as_ref(), argument.ty.as_ref())
        else {
            return Err(unexpected("an argument"));
        };
        let name = &pattern.ident;
        let mut parameters = operation
            .parameters
            .iter()
            .filter(|one| one.place == "path");
        let in_path = parameters.find(|one| *name == one.name.to_snake_case());
        if let Some(parameter) = in_path.filter(|_| *progenitor == identifier) {
            let key = &parameter.name;
            declared.push(quote!(#name: impl ::std::convert::AsRef<str>));
            checked.push(quote! {
                let #name: crate::Identifier = crate::call::checked(#id, #key, #name.as_ref())?;
            });
            passed.push(quote!(&#name));
            identifiers.push(quote!((#key, #name.as_ref())));
            let example = parameter.node.text("example");
            examples = examples.zip(example).map(|(mut examples, example)| {
                examples.push(format!("{example:?}"));
                examples
            });
        } else {
            declared.push(quote!(#name: #progenitor));
            passed.push(quote!(#name));
            generics = Some(quote!(<'a>));
            examples = None;
        }
    }
    let documentation = documentation(method, examples);
    let success = success(operation);
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
fn documentation(method: &ImplItemFn, examples: Option<Vec<String>>) -> Vec<Attribute> {
    let mut attributes = method.attrs.clone();
    attributes.retain(|attribute| attribute.path().is_ident("doc"));
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
