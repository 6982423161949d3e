//! From the contract to Rust.
//!
//! `build.rs` and `cargo xtask` both include this folder, so there is one generator and it is no crate of its own: the SDK
//! stays publishable alone.

// Each of the two programs uses a part of what is here.
#![allow(dead_code)]

pub mod contract;
pub mod face;
pub mod finish;
pub mod lint;
pub mod open_values;
pub mod pattern;
pub mod prepare;
pub mod spec;
pub mod version;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use contract::{Contract, ContractError};
use lint::Problem;
use proc_macro2::TokenStream;

/// The command that brings the committed files up to date; the first line of each names it.
pub const COMMAND: &str = "cargo xtask generate";

/// One generated file.
pub struct Generated {
    /// Its name, in `sdk/src/` when committed and in `OUT_DIR` when a build makes it.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// Why there is no code.
#[derive(Debug)]
pub enum Failure {
    /// The contract asks for something that can't be generated, or that the house doesn't want.
    Problems(Vec<Problem>),
    /// The contract isn't well-formed, or the generator failed on it.
    Broken(ContractError),
}

impl From<ContractError> for Failure {
    fn from(error: ContractError) -> Self {
        Self::Broken(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(error) => write!(f, "{error}"),
            Self::Problems(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    if index > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{problem}")?;
                }
                Ok(())
            }
        }
    }
}

/// Generates the SDK's code from the contract: the client and its types, and the mocks of the feature `mock`.
pub fn generate(contract: &Contract) -> Result<Vec<Generated>, Failure> {
    let problems = lint::lint(contract);
    if !problems.is_empty() {
        return Err(Failure::Problems(problems));
    }
    let prepared = prepare::prepare(contract)?;
    let client = progenitor_client(contract, &prepared)?;
    let client = finish::finish(contract, &prepared, client)?;
    let mocks = progenitor_mocks(contract, &prepared)?;
    Ok(vec![
        Generated {
            name: "generated.rs",
            text: print(&client),
        },
        Generated {
            name: "generated_mocks.rs",
            text: print(&finish::finish_mocks(contract, mocks)?),
        },
    ])
}

fn progenitor_client(
    contract: &Contract,
    prepared: &prepare::Prepared,
) -> Result<TokenStream, ContractError> {
    guarded(contract, prepared, &prepared.spec, |spec| {
        progenitor::Generator::new(&prepared.settings()).generate_tokens(spec)
    })
}

fn progenitor_mocks(
    contract: &Contract,
    prepared: &prepare::Prepared,
) -> Result<TokenStream, ContractError> {
    guarded(contract, prepared, &prepared.mocks, |spec| {
        progenitor::Generator::new(&prepared.settings()).httpmock(spec, "crate")
    })
}

/// Runs progenitor, which panics on what it doesn't support. The lint knows the cases that were met; for any other, each
/// operation is tried alone so that the message can name the one at fault.
fn guarded(
    contract: &Contract,
    prepared: &prepare::Prepared,
    spec: &openapiv3::OpenAPI,
    run: impl Fn(&openapiv3::OpenAPI) -> Result<TokenStream, progenitor::Error>,
) -> Result<TokenStream, ContractError> {
    let attempt = |spec: &openapiv3::OpenAPI| -> Result<TokenStream, String> {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let outcome = catch_unwind(AssertUnwindSafe(|| run(spec)));
        std::panic::set_hook(hook);
        match outcome {
            Ok(Ok(tokens)) => Ok(tokens),
            Ok(Err(error)) => Err(error.to_string()),
            Err(panic) => Err(panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_else(|| "it stopped without a word".to_owned())),
        }
    };
    let why = match attempt(spec) {
        Ok(tokens) => return Ok(tokens),
        Err(why) => why,
    };
    for operation in &prepared.operations {
        let mut alone = spec.clone();
        alone.paths.paths.retain(|path, _| *path == operation.path);
        if let Err(why) = attempt(&alone) {
            return Err(contract.error(
                &operation.pointer,
                format!(
                    "progenitor can't generate the operation `{}` ({}): {}. Say the same with simpler means, or leave the \
                     operation out of the contract until progenitor can",
                    operation.id,
                    operation.path,
                    why.trim().trim_end_matches('.'),
                ),
            ));
        }
    }
    Err(contract.error(
        "/components",
        format!(
            "progenitor can't generate the components: {}",
            why.trim().trim_end_matches('.')
        ),
    ))
}

fn print(file: &syn::File) -> String {
    format!(
        "// Generated by `{COMMAND}` from openapi/cloud-partner-portal.yaml. Don't edit: change the contract.\n\n{}",
        prettyplease::unparse(file)
    )
}
