//! Tests that a new operation and a new known value in the spec need no hand-written code in the SDK. A known value is a value of
//! `x-extensible-enum`.
//!
//! The test works in a copy of the repository. It adds two operations and a known value to the spec, and generates the code. Then the
//! consumer, a package outside the workspace, compiles the SDK with its mocks and calls the new operations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::{self, assert_exit_code, assert_stderr, assert_stdout, stdout, transcript};

/// The edit that adds a known value to the spec: a text of the spec, and its replacement.
const VALUE: (&str, &str) = (
    "        - published\n",
    "        - published\n        - paused\n",
);

/// The edit that adds two operations to the spec: a text of the spec, and its replacement.
const OPERATIONS: (&str, &str) = (
    "\ncomponents:\n",
    r##"
  /api/publishers/{publisherId}/offers/{offerId}:
    get:
      operationId: getOffer
      tags: [offers]
      summary: Get one offer
      description: One offer of a publisher.
      parameters:
        - $ref: "#/components/parameters/PublisherIdInPath"
        - $ref: "#/components/parameters/OfferIdInPath"
        - $ref: "#/components/parameters/ApiVersionInQuery"
        - name: fields
          in: query
          description: The properties in the response.
          schema:
            type: array
            items:
              description: A property.
              type: string
      responses:
        "200":
          description: The offer.
          content:
            application/json:
              schema:
                $ref: "#/components/schemas/OfferSummary"

  /api/publishers/{publisherId}/offers/{offerId}/golive:
    post:
      operationId: goLive
      tags: [offers]
      summary: Make an offer live
      description: Starts the last part of the publication.
      parameters:
        - $ref: "#/components/parameters/PublisherIdInPath"
        - $ref: "#/components/parameters/OfferIdInPath"
        - $ref: "#/components/parameters/ApiVersionInQuery"
        - name: operation
          in: query
          description: The status of the offer.
          schema:
            $ref: "#/components/schemas/OfferStatus"
      responses:
        "202":
          description: The service has accepted the request. The header `Operation-Location` has an address.

components:
"##,
);

const CONSUMER: &str = r#"
use cloud_partner_portal::mock::MockServerExt;
use cloud_partner_portal::types::{OfferStatus, OfferSummary};
use cloud_partner_portal::{Client, Credential, Error, Extensible};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let paused = Extensible::from(OfferStatus::Paused);
    let fields = vec!["id".to_owned(), "a status".to_owned()];
    let server = httpmock::MockServer::start_async().await;
    server.get_offer(|when, then| {
        when.fields(&fields);
        let mut offer = OfferSummary::default();
        offer.id = "new-vm".to_owned();
        offer.status = Some(paused.clone());
        then.ok(&offer);
    });
    server.go_live(|when, then| {
        when.operation(&paused).into_inner().header("content-length", "0");
        then.accepted().into_inner().header("operation-location", "https://example.com/1");
    });
    server.go_live(|when, then| {
        when.operation(None);
        then.into_inner().status(503);
    });
    let client = Client::builder()
        .endpoint(server.base_url())
        .credential(Credential::token("made-up")?)
        .build()?;

    let offer = client.get_offer("contoso", "new-vm", Some(&fields)).await?;
    let known = offer.status.as_ref().and_then(|status| status.known());
    println!("{} is paused: {}", offer.id, known == Some(OfferStatus::Paused));
    if let Err(error) = client.get_offer("contoso", "new-vm", Some(&vec!["id".to_owned()])).await {
        println!("{:?} {}", error.status(), error.attempts());
    }
    let accepted = client.go_live("contoso", "new-vm", Some(&paused)).await?;
    let () = *accepted;
    println!("{} {:?}", accepted.status(), accepted.headers().get("operation-location"));
    if let Err(error) = client.go_live("contoso", "new-vm", None).await {
        println!("{:?} {}", error.status(), error.attempts());
    }
    Ok(())
}
"#;

/// A copy of the repository, and a package that depends on the copy's SDK.
struct Copy {
    root: PathBuf,
    consumer: PathBuf,
}

impl Copy {
    /// Copies the repository. The copy has the same path in every run and uses the workspace's target folder, so that cargo compiles
    /// third-party crates only once.
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edited-spec");
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the copy of the last run can be removed");
        }
        let root = folder.join("copy");
        fs::create_dir_all(&root).expect("a folder");
        common::check_out(&root, &[":/"]);
        let consumer = folder.join("consumer");
        fs::create_dir_all(consumer.join("src")).expect("a folder");
        fs::write(consumer.join("src/main.rs"), CONSUMER).expect("a file");
        fs::copy(root.join("Cargo.lock"), consumer.join("Cargo.lock")).expect("the lock file");
        let copy = Self { root, consumer };
        copy.depend("default-features = false, features = [\"mock\"]");
        copy
    }

    /// Writes the consumer's `Cargo.toml`. `features` chooses the SDK's features, for example `features = ["mock"]`.
    fn depend(&self, features: &str) {
        let manifest = format!(
            "[package]\nname = \"consumer\"\nedition = \"2024\"\n\n[dependencies]\n\
            cloud-partner-portal = {{ path = \"../copy/sdk\", {features} }}\n\
            httpmock = {{ version = \"0.9\", default-features = false }}\n\
            tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\n[profile.dev]\n\
            debug = \"line-tables-only\"\n\n[workspace]\n"
        );
        fs::write(self.consumer.join("Cargo.toml"), manifest).expect("a file");
    }

    fn spec(&self) -> PathBuf {
        self.root.join("openapi/cloud-partner-portal.yaml")
    }

    fn edit(&self, (from, to): (&str, &str)) {
        let text = common::read(&self.spec());
        assert!(text.contains(from), "the spec has no {from:?}");
        fs::write(self.spec(), text.replacen(from, to, 1)).expect("the spec can be written");
    }

    /// Runs cargo for the consumer, without the variables that cargo sets for this test.
    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_") && name != "CARGO_HOME" {
                command.env_remove(name);
            }
        }
        let program = std::env::current_exe().expect("this test's path");
        let target = program
            .ancestors()
            .nth(3)
            .expect("target/PROFILE/deps/test");
        command
            .args(arguments)
            .current_dir(&self.consumer)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_NET_OFFLINE", "true")
            .output()
            .expect("cargo runs")
    }

    fn xtask(&self, arguments: &[&str]) -> Output {
        common::run_in_workspace(&self.root, arguments)
    }
}

#[test]
fn new_operations_and_a_new_value_reach_a_consumer_without_hand_written_code() {
    let copy = Copy::new();
    let original = fs::read(copy.spec()).expect("the spec");
    assert_that_xtask_runs_when_the_sdk_does_not_compile(&copy);
    fs::write(copy.spec(), original).expect("the spec can be written");

    copy.edit(VALUE);
    copy.edit(OPERATIONS);
    let check = copy.xtask(&["generate", "--check"]);
    for expected in [
        "Outdated sdk/src/generated.rs\n",
        "+        Paused",
        "pub async fn get_offer",
        "Help run `cargo xtask generate` to regenerate the files\n",
    ] {
        assert_stdout(4, &check, expected);
    }
    for arguments in [&["generate"][..], &["generate", "--check"]] {
        assert_exit_code(0, &copy.xtask(arguments));
    }

    let run = copy.cargo(&["run", "--quiet"]);
    let expected = "exit code 0\nnew-vm is paused: true\nSome(404) 1\n\
        202 Some(\"https://example.com/1\")\nSome(503) 1\n";
    assert_eq!(transcript(&run), expected);

    assert_that_a_consumer_builds_no_generator(&copy);
}

/// Asserts that a consumer with the SDK's default features builds no crate of the generator, and builds `serde_json` without the feature
/// `preserve_order`.
fn assert_that_a_consumer_builds_no_generator(copy: &Copy) {
    copy.depend("features = []");
    let arguments = "tree --edges normal,build --prefix none --format";
    let arguments: Vec<_> = arguments.split(' ').chain(["{p} [{f}]"]).collect();
    let tree = stdout(&copy.cargo(&arguments));
    let line_of = |name: &str| tree.lines().find(|line| line.starts_with(name));
    assert!(line_of("percent-encoding ").is_some(), "{tree}");
    for generator in ["progenitor", "typify", "saphyr"] {
        assert_eq!(line_of(generator), None, "{tree}");
    }
    let json = line_of("serde_json ").expect("serde_json");
    assert!(!json.contains("preserve_order"), "{json}");
}

fn assert_that_xtask_runs_when_the_sdk_does_not_compile(copy: &Copy) {
    // The SDK's hand-written code uses the known value `running`. Without this value in the spec, the SDK doesn't compile.
    copy.edit(("        - running\n", ""));
    let evidence =
        "        running: [retrieve-offers, retrieve-offer-status, client-azure-img-utils]\n";
    copy.edit((evidence, ""));
    assert_exit_code(0, &copy.xtask(&["generate"]));
    // The test runs `cargo build` instead of `cargo check`, so that the later `cargo run` can reuse the compiled dependencies.
    let build = copy.cargo(&["build", "--quiet"]);
    assert_stderr(101, &build, "Running");

    assert_exit_code(0, &copy.xtask(&["lint"]));
    let validate = copy.xtask(&["validate", "--notes"]);
    assert!(
        stdout(&validate).contains("`running` isn't among the known values"),
        "{}",
        transcript(&validate)
    );
}
