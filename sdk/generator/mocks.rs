//! Post-processes progenitor's mocks: documents them, and escapes identifiers, which progenitor uses as regular expressions.

use quote::quote;
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Expr, File, FnArg, ImplItemFn, ItemMod, ItemStruct, Token, TraitItemFn, Type,
    parse_quote,
};

/// Post-processes the mocks.
pub fn postprocess(file: &mut File) {
    Mocks.visit_file_mut(file);
}

struct Mocks;

fn document(attributes: &mut Vec<Attribute>, text: &str) {
    if !attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"))
    {
        let text = format!(" {text}");
        attributes.insert(0, parse_quote!(#[doc = #text]));
    }
}

impl VisitMut for Mocks {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        document(
            &mut module.attrs,
            "The requests that a mock of each operation matches, and its responses.",
        );
        syn::visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_struct_mut(&mut self, structure: &mut ItemStruct) {
        let name = structure.ident.to_string();
        let text = match name.strip_suffix("When") {
            Some(operation) => format!("The requests that a mock of `{operation}` matches."),
            None => format!(
                "The response of a mock of `{}`.",
                name.trim_end_matches("Then")
            ),
        };
        document(&mut structure.attrs, &text);
    }

    fn visit_impl_item_fn_mut(&mut self, method: &mut ImplItemFn) {
        let name = method.sig.ident.to_string();
        let has_value = method.sig.inputs.iter().any(
            |input| matches!(input, FnArg::Typed(input) if matches!(*input.ty, Type::Reference(_))),
        );
        let responds = matches!(method.sig.inputs.first(), Some(FnArg::Receiver(_)))
            && method.sig.inputs.len() == 1;
        let text = match name.as_str() {
            "new" => "Wraps the value of httpmock.".to_owned(),
            "into_inner" => {
                "Returns the value of httpmock, for settings that the spec doesn't describe."
                    .to_owned()
            }
            "default_response" => "Responds with any status code.".to_owned(),
            _ if responds => format!("Responds with the status `{name}`."),
            _ if has_value => format!("Sets `{name}` to this value."),
            _ => format!("Sets `{name}`."),
        };
        document(&mut method.attrs, &text);
        syn::visit_mut::visit_impl_item_fn_mut(self, method);
    }

    fn visit_trait_item_fn_mut(&mut self, method: &mut TraitItemFn) {
        let text = format!("Mocks the operation `{}`.", method.sig.ident);
        document(&mut method.attrs, &text);
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        let arguments = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        if let Ok(arguments) = arguments
            && call.path.is_ident("format")
        {
            let (pattern, values) = (arguments.first(), arguments.iter().skip(1));
            call.tokens = quote!(#pattern #(, ::regex::escape(&#values))*);
        }
    }
}
