//! progenitor sends the API's version as a header with every request. The service takes it from the query, where the runtime puts
//! it, and no page knows the header: so it isn't sent.

use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ImplItemFn, Stmt};

/// The name that progenitor gives to a request's headers.
const HEADERS: &str = "header_map";

/// Takes the header out of an operation, and the whole map of headers when there is no other in it.
pub fn remove_header(method: &mut ImplItemFn) {
    let block = &mut method.block;
    block.stmts.retain(|statement| {
        let text = statement.to_token_stream().to_string();
        !(appends(&text) && text.contains("\"api-version\""))
    });
    if !appends(&block.to_token_stream().to_string()) {
        WithoutHeaders.visit_block_mut(block);
    }
}

fn appends(code: &str) -> bool {
    code.contains(&format!("{HEADERS} . append"))
}

struct WithoutHeaders;

impl VisitMut for WithoutHeaders {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain(|statement| match statement {
            Stmt::Local(local) => !local.pat.to_token_stream().to_string().ends_with(HEADERS),
            _ => true,
        });
        syn::visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "headers"
            && call.args.to_token_stream().to_string() == HEADERS
        {
            *expression = (*call.receiver).clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::{ImplItemFn, parse_quote};

    use super::remove_header;

    #[test]
    fn the_header_goes_and_others_stay() {
        let mut alone: ImplItemFn = parse_quote! {
            fn call(&self) {
                let mut header_map = HeaderMap::with_capacity(1usize);
                header_map.append(HeaderName::from_static("api-version"), Self::api_version());
                let mut request = self.client.get(url).headers(header_map).build()?;
            }
        };
        let expected: ImplItemFn = parse_quote! {
            fn call(&self) {
                let mut request = self.client.get(url).build()?;
            }
        };
        remove_header(&mut alone);
        assert_eq!(alone, expected);

        let mut with_other: ImplItemFn = parse_quote! {
            fn call(&self) {
                let mut header_map = HeaderMap::with_capacity(2usize);
                header_map.append(HeaderName::from_static("api-version"), Self::api_version());
                if let Some(value) = if_match {
                    header_map.append("If-Match", value.to_string().try_into()?);
                }
                let mut request = self.client.get(url).headers(header_map).build()?;
            }
        };
        remove_header(&mut with_other);
        let text = with_other.to_token_stream().to_string();
        assert!(
            !text.contains("api-version") && text.contains("headers (header_map)"),
            "{text}"
        );
    }
}
