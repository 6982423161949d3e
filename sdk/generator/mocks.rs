//! Post-processes the mocks, with which tests simulate the service. The code generator progenitor generates the mocks. This module
//! changes four things:
//!
//! * Seals the trait of the mocks, so that other crates can't implement it.
//! * Escapes the path arguments. progenitor's code inserts them unescaped into a regular expression.
//! * Replaces the code for query parameters. progenitor's code calls `to_string` on each value, but an array doesn't have this method.
//! * Passes the body of a response as a reference. progenitor's code passes a number by value.

use quote::quote;
use syn::punctuated::Punctuated;
use syn::visit_mut::{VisitMut, visit_expr_mut};
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

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::MethodCall(call) = expression {
            let (when, arguments) = (&call.receiver, &mut call.args);
            // progenitor's expression is `self.0.query_param("name", value.to_string())`.
            if call.method == "query_param"
                && let Some(name) = arguments.first()
            {
                *expression = parse_quote!(crate::mock::with_query(#when, #name, value));
            } else if call.method == "json_body_obj" {
                *arguments = parse_quote!(&value);
            }
        }
        visit_expr_mut(self, expression);
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
