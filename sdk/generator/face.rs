//! The methods that a user of the SDK calls: one for each operation, with checked identifiers and the SDK's own error.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::{
    Attribute, FnArg, GenericArgument, Ident, ImplItemFn, Pat, PathArguments, ReturnType, Type,
    parse_quote,
};

use super::contract::{Contract, ContractError};
use super::prepare::{Operation, Prepared, resolve};

/// One argument of an operation.
struct Argument {
    name: Ident,
    given: Type,
    /// The checked type and the name in the contract, when the argument is a part of the path.
    checked: Option<(Type, String)>,
}

/// The method of the SDK's `Client` that calls progenitor's `method`.
pub fn method(
    contract: &Contract,
    prepared: &Prepared,
    method: &ImplItemFn,
) -> Result<TokenStream, ContractError> {
    let name = &method.sig.ident;
    let unexpected = |what: &str| {
        contract.error(
            "",
            format!("progenitor's method `{name}` has {what} that the generator doesn't know"),
        )
    };
    let operation = prepared
        .operations
        .iter()
        .find(|operation| *name == operation.id.to_snake_case())
        .ok_or_else(|| unexpected("a name"))?;
    let answer = answer_type(&method.sig.output).ok_or_else(|| unexpected("a result"))?;
    let arguments = method
        .sig
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Receiver(_) => None,
            FnArg::Typed(argument) => Some(argument),
        })
        .map(|argument| match argument.pat.as_ref() {
            Pat::Ident(pattern) => Ok(self::argument(operation, &pattern.ident, &argument.ty)),
            _ => Err(unexpected("an argument")),
        })
        .collect::<Result<Vec<_>, _>>()?;

    let documentation = documentation(contract, operation, method, &arguments);
    let id = &operation.id;
    let mut declared = Vec::new();
    let mut checks = Vec::new();
    let mut passed = Vec::new();
    let mut parts = Vec::new();
    for Argument {
        name,
        given,
        checked,
    } in &arguments
    {
        if let Some((checked, api_name)) = checked {
            declared.push(
                quote!(#name: impl ::std::convert::TryInto<#checked, Error: ::std::fmt::Display>),
            );
            checks
                .push(quote!(let #name: #checked = crate::call::checked(#id, #api_name, #name)?;));
            passed.push(quote!(&#name));
            parts.push(quote!((#api_name, &#name)));
        } else {
            declared.push(quote!(#name: #given));
            passed.push(quote!(#name));
        }
    }
    let generics = if arguments.iter().any(|argument| argument.checked.is_none()) {
        quote!(<'a>)
    } else {
        quote!()
    };
    Ok(quote! {
        #(#documentation)*
        pub async fn #name #generics (
            &self,
            #(#declared),*
        ) -> ::std::result::Result<crate::Response<#answer>, crate::Error> {
            #(#checks)*
            let call = self.begin(#id, &[#(#parts),*]);
            let result = call.traced(call.client.#name(#(#passed),*)).await;
            call.end(result)
        }
    })
}

fn argument(operation: &Operation, name: &Ident, given: &Type) -> Argument {
    let in_path = operation
        .path
        .split('{')
        .skip(1)
        .filter_map(|part| Some(part.split_once('}')?.0))
        .find(|part| *name == part.to_snake_case());
    let checked = match (in_path, given) {
        (Some(api_name), Type::Reference(reference)) => match reference.elem.as_ref() {
            Type::Path(path)
                if path
                    .path
                    .segments
                    .first()
                    .is_some_and(|first| first.ident == "types") =>
            {
                Some(((*reference.elem).clone(), api_name.to_owned()))
            }
            _ => None,
        },
        _ => None,
    };
    Argument {
        name: name.clone(),
        given: given.clone(),
        checked,
    }
}

/// `T` of `Result<ResponseValue<T>, …>`.
fn answer_type(output: &ReturnType) -> Option<Type> {
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

/// progenitor's documentation, and an example that compiles when every argument has one in the contract.
fn documentation(
    contract: &Contract,
    operation: &Operation,
    method: &ImplItemFn,
    arguments: &[Argument],
) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = method
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect();
    let examples: Option<Vec<_>> = arguments
        .iter()
        .map(|argument| {
            let (_, api_name) = argument.checked.as_ref()?;
            example(contract, operation, api_name)
        })
        .collect();
    if let Some(examples) = examples {
        let call = format!(
            "\n# Example\n\n```no_run\n# async fn example(client: cloud_partner_portal::Client) -> Result<(), \
             cloud_partner_portal::Error> {{\nlet answer = client.{}({}).await?;\nprintln!(\"{{:?}}\", \
             *answer);\n# Ok(())\n# }}\n```\n",
            method.sig.ident,
            examples
                .iter()
                .map(|example| format!("{example:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        attributes.push(parse_quote!(#[doc = #call]));
    }
    attributes
}

fn example(contract: &Contract, operation: &Operation, name: &str) -> Option<String> {
    let (path, _) = operation.pointer.rsplit_once('/')?;
    [path, &operation.pointer]
        .into_iter()
        .filter_map(|holder| contract.value.pointer(&format!("{holder}/parameters")))
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|parameter| resolve(contract, parameter))
        .find(|parameter| parameter.get("name").is_some_and(|found| found == name))?
        .get("example")?
        .as_str()
        .map(ToOwned::to_owned)
}

/// The generated methods as one `impl` block.
pub fn implementation(methods: &[TokenStream]) -> syn::Item {
    let methods = methods.iter();
    parse_quote! {
        /// The operations of the contract.
        impl crate::Client {
            #(#methods)*
        }
    }
}
