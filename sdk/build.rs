//! Generates the SDK's code from the spec if the feature `generate` is on. Without the feature, the committed files are compiled, and
//! the generator isn't built.

#[cfg(feature = "generate")]
mod generator;

#[cfg(not(feature = "generate"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

#[cfg(feature = "generate")]
fn main() -> std::process::ExitCode {
    // The variable is read at run time. `env!` would store the folder of the workspace that compiled the build script, and another copy
    // of the workspace with the same target folder can run the same build script.
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
    let directory = std::env::var_os("OUT_DIR").unwrap_or_default();
    let directory = std::path::Path::new(&directory);
    let failed =
        |path: &std::path::Path, error: std::io::Error| format!("{}: {error}", path.display());
    if !spec.exists() {
        // A published package has no spec: the build uses the committed files.
        for name in generator::FILES {
            let committed = package.join("src").join(name);
            std::fs::copy(&committed, directory.join(name))
                .map_err(|error| failed(&committed, error))?;
        }
        return Ok(());
    }
    let text = std::fs::read_to_string(spec).map_err(|error| failed(spec, error))?;
    let generate = || {
        let spec = generator::spec::Spec::parse(spec, &text)?;
        generator::generate(&spec)
    };
    for (name, text) in generate().map_err(|error| error.to_string())? {
        let target = directory.join(name);
        std::fs::write(&target, text).map_err(|error| failed(&target, error))?;
    }
    Ok(())
}
