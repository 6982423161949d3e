//! With the feature `generate`, makes the SDK's code from the contract. Without it there is nothing to do: the committed
//! `src/generated.rs` is compiled, and none of the generator is in the build.

#[cfg(feature = "generate")]
mod generator;

#[cfg(not(feature = "generate"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

#[cfg(feature = "generate")]
fn main() -> std::process::ExitCode {
    // Asked when it runs: a copied workspace with the same target folder runs what the other one compiled.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let contract = std::path::Path::new(&package).join("../openapi/cloud-partner-portal.yaml");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=generator");
    println!("cargo::rerun-if-changed={}", contract.display());
    match run(&contract) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "generate")]
fn run(path: &std::path::Path) -> Result<(), String> {
    if !path.exists() {
        return Err(
            "the feature `generate` works in the SDK's own workspace only, where the contract is; without it the same code is \
             compiled as it was committed"
                .to_owned(),
        );
    }
    let directory =
        std::env::var_os("OUT_DIR").ok_or("cargo didn't say where generated files go")?;
    let contract = generator::contract::Contract::load(path).map_err(|error| error.to_string())?;
    for file in generator::generate(&contract).map_err(|failure| failure.to_string())? {
        let target = std::path::Path::new(&directory).join(file.name);
        std::fs::write(&target, file.text)
            .map_err(|error| format!("{} can't be written: {error}", target.display()))?;
    }
    Ok(())
}
