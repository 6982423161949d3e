//! The two programs that are built: packages in temporary folders, outside the workspace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::tree::{self, Crate};
use crate::exit::Failure;
use crate::files;

/// A program that lists a publisher's offers.
pub struct Consumer {
    /// What messages call it.
    pub name: &'static str,
    folder: TempDir,
}

const WITH_SDK: &str = r#"use cloud_partner_portal::{Client, Credential};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let credential = Credential::token(std::env::var("AZURE_TOKEN")?)?;
    let client = Client::builder().credential(credential).build()?;
    for offer in client.list_offers("contoso").await?.iter() {
        println!("{} {:?}", offer.id, offer.status);
    }
    Ok(())
}
"#;

const WITH_BARE_REQWEST: &str = r#"#[derive(serde::Deserialize)]
struct Offer {
    id: String,
    status: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let offers: Vec<Offer> = reqwest::Client::new()
        .get("https://cloudpartner.azure.com/api/publishers/contoso/offers")
        .query(&[("api-version", "2017-10-31")])
        .bearer_auth(std::env::var("AZURE_TOKEN")?)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    for offer in offers {
        println!("{} {:?}", offer.id, offer.status);
    }
    Ok(())
}
"#;

/// What `#[tokio::main]` needs, on both sides.
const TOKIO: &str = r#"default-features = false, features = ["macros", "rt"]"#;

impl Consumer {
    /// The program on the SDK with its default features.
    pub fn of_sdk() -> Result<Self, Failure> {
        let sdk = files::root().join("sdk");
        // A path as a TOML string; JSON quotes the same.
        let sdk = serde_json::Value::from(sdk.display().to_string());
        let dependencies = format!(
            "cloud-partner-portal = {{ path = {sdk} }}\ntokio = {{ version = \"1\", {TOKIO} }}\n"
        );
        Self::new("with the SDK", &dependencies, WITH_SDK)
    }

    /// The program on reqwest and what else one writes it with, in the SDK's versions. Of reqwest's features it has those that
    /// it calls: `json` and `query`, and `rustls`, which is the SDK's TLS. The others that reqwest turns on by default (HTTP/2,
    /// character sets, the system's proxy) the SDK leaves off too.
    pub fn of_bare_reqwest(sdk: &[Crate]) -> Result<Self, Failure> {
        let dependencies = [
            ("reqwest", r#"default-features = false, features = ["json", "query", "rustls"]"#),
            ("serde", r#"features = ["derive"]"#),
            ("serde_json", "features = []"),
            ("tokio", TOKIO),
        ]
        .into_iter()
        .map(|(name, features)| {
            let version = &sdk.iter().find(|found| found.name == name)?.version;
            Some(format!("{name} = {{ version = \"={version}\", {features} }}\n"))
        })
        .collect::<Option<String>>()
        .ok_or_else(|| Failure("the SDK doesn't depend on reqwest, serde and tokio any more: the comparison must be written anew".to_owned()))?;
        Self::new("with bare reqwest", &dependencies, WITH_BARE_REQWEST)
    }

    fn new(name: &'static str, dependencies: &str, main: &str) -> Result<Self, Failure> {
        let failed = |error| Failure(format!("a temporary package can't be written: {error}"));
        let folder = tempfile::tempdir().map_err(failed)?;
        let path = folder.path();
        let manifest = format!(
            "[package]\nname = \"consumer\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\n{dependencies}\n[workspace]\n"
        );
        fs::create_dir(path.join("src")).map_err(failed)?;
        fs::write(path.join("src/main.rs"), main).map_err(failed)?;
        fs::write(path.join("Cargo.toml"), manifest).map_err(failed)?;
        fs::copy(files::root().join("Cargo.lock"), path.join("Cargo.lock")).map_err(failed)?;
        Ok(Self { name, folder })
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it is built.
    pub fn target(&self) -> PathBuf {
        self.folder().join("target")
    }

    /// Cargo in its folder, without the network and undisturbed by what the caller's environment says of builds.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_PROFILE_",
                "CARGO_BUILD_",
                "RUSTC_",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
                || name == "RUSTFLAGS"
                || name == "CARGO_ENCODED_RUSTFLAGS"
            {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .arg("--offline")
            .current_dir(self.folder())
            .env("CARGO_TARGET_DIR", self.target())
            // Whoever has the SDK from a registry doesn't build it incrementally.
            .env("CARGO_INCREMENTAL", "0");
        command
    }

    /// Every crate that is built for it, itself left out. This also brings its Cargo.lock from the workspace's to its own.
    pub fn tree(&self) -> Result<Vec<Crate>, Failure> {
        let output = self
            .cargo(&["tree", "--edges", "normal,build", "--prefix", "none"])
            .output()
            .map_err(|error| Failure(format!("cargo can't be started: {error}")))?;
        if !output.status.success() {
            return Err(Failure(format!(
                "cargo can't resolve the program {} without the network; `cargo fetch` in the workspace brings what is missing:\n{}",
                self.name,
                String::from_utf8_lossy(&output.stderr).trim_end()
            )));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut crates = tree::parse(&text);
        crates.retain(|found| found.name != "consumer");
        Ok(crates)
    }
}
