//! Post-processes the mocks that the code generator progenitor generates. Seals their trait, so that other crates can't implement it.
//! Escapes the path arguments, because progenitor's code inserts them unescaped into a regular expression.

use quote::quote;
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Expr, File, ItemTrait, Macro, Token, parse_quote};

/// Post-processes the mocks; see the documentation of this module.
pub fn postprocess(file: &mut File) {
    PostProcessor.visit_file_mut(file);
}

struct PostProcessor;

impl VisitMut for PostProcessor {
    fn visit_item_trait_mut(&mut self, mocks: &mut ItemTrait) {
        let sealed = parse_quote!(crate::mock::sealed::Sealed);
        mocks.supertraits.push(sealed);
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
