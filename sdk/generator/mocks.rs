//! Post-processes progenitor's mocks: seals the extension trait, and escapes identifiers, which progenitor uses as regular expressions.

use quote::quote;
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Expr, File, ItemTrait, Macro, Token, parse_quote};

/// Post-processes the mocks.
pub fn postprocess(file: &mut File) {
    Mocks.visit_file_mut(file);
}

struct Mocks;

impl VisitMut for Mocks {
    fn visit_item_trait_mut(&mut self, extension: &mut ItemTrait) {
        let sealed = parse_quote!(crate::mock::sealed::Sealed);
        extension.supertraits.push(sealed);
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        let arguments = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        if let Ok(arguments) = arguments
            && call.path.is_ident("format")
        {
            let (pattern, values) = (arguments.first(), arguments.iter().skip(1));
            call.tokens = quote!(#pattern #(, ::regex::escape(&#values))*);
        }
    }
}
