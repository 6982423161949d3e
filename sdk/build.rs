//! Generates the SDK's code from the spec if the feature `generate` is on. Without the feature, cargo compiles the committed files, and
//! doesn't build the generator.

#[cfg(feature = "generate")]
mod generator;

#[cfg(not(feature = "generate"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

#[cfg(feature = "generate")]
fn main() -> std::process::ExitCode {
    let Err(message) = run() else {
        return std::process::ExitCode::SUCCESS;
    };
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    std::process::ExitCode::FAILURE
}

#[cfg(feature = "generate")]
fn run() -> Result<(), String> {
    // Two clones of the repository can share one target folder, and then share one compiled build script. `env!` would return the folder
    // of the clone that compiled the script. Therefore, this function reads the variables at run time.
    let folder = |name| std::path::PathBuf::from(std::env::var_os(name).unwrap_or_default());
    let (package, output) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
    let spec = package.join("../openapi/cloud-partner-portal.yaml");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=generator");
    println!("cargo::rerun-if-changed={}", spec.display());
    let failed =
        |path: &std::path::Path, error: std::io::Error| format!("{}: {error}", path.display());
    if !spec.exists() {
        // A published package contains no spec, so the build uses the committed files.
        for name in generator::FILES {
            let committed = package.join("src").join(name);
            std::fs::copy(&committed, output.join(name))
                .map_err(|error| failed(&committed, error))?;
        }
        return Ok(());
    }
    let text = std::fs::read_to_string(&spec).map_err(|error| failed(&spec, error))?;
    let files = generator::spec::Spec::parse(&spec.to_string_lossy(), &text)
        .and_then(|spec| generator::generate(&spec))
        .map_err(|error| error.0)?;
    for (name, text) in generator::FILES.iter().zip(files) {
        let target = output.join(name);
        std::fs::write(&target, text).map_err(|error| failed(&target, error))?;
    }
    Ok(())
}
