//! With the feature `generate`, generates the SDK's code from the spec. Without it, the committed files are compiled, and none of
//! the generator is in the build.

#[cfg(feature = "generate")]
mod generator;

#[cfg(not(feature = "generate"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

#[cfg(feature = "generate")]
fn main() -> std::process::ExitCode {
    // Read at run time: a copied workspace with the same target folder runs the program that the other one compiled.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let package = std::path::Path::new(&package);
    let spec = package.join("../openapi/cloud-partner-portal.yaml");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=generator");
    println!("cargo::rerun-if-changed={}", spec.display());
    match run(package, &spec) {
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
fn run(package: &std::path::Path, spec: &std::path::Path) -> Result<(), String> {
    let directory = std::env::var_os("OUT_DIR").ok_or("cargo doesn't set OUT_DIR")?;
    let directory = std::path::Path::new(&directory);
    let failed = |path: &std::path::Path, error| format!("{}: {error}", path.display());
    if !spec.exists() {
        // A published package has no spec: the feature compiles the committed files.
        for name in generator::FILES {
            let committed = package.join("src").join(name);
            std::fs::copy(&committed, directory.join(name))
                .map_err(|error| failed(&committed, error))?;
        }
        return Ok(());
    }
    let spec = generator::spec::Spec::load(spec).map_err(|error| error.to_string())?;
    for (name, text) in generator::generate(&spec).map_err(|error| error.to_string())? {
        let target = directory.join(name);
        std::fs::write(&target, text).map_err(|error| failed(&target, error))?;
    }
    Ok(())
}
