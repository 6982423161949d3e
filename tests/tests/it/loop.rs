//! The loop itself, on a copy of the repository: the contract gets a value and an operation, the code is generated, and a consumer
//! outside the workspace compiles and calls it, with no line by hand in the SDK.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

use cloud_partner_recordings::library;
use cloud_partner_recordings::recording::{
    Body, Provenance, ProvenanceKind, Recording, Request, Response,
};
use cloud_partner_recordings::replay::Replay;

const VALUE: (&str, &str) = (
    "        - published\n",
    "        - published\n        - paused\n",
);

const OPERATION: (&str, &str) = (
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
      responses:
        "200":
          description: The offer.
          content:
            application/json:
              schema:
                $ref: "#/components/schemas/OfferSummary"

components:
"##,
);

const CONSUMER: &str = r#"
use cloud_partner_portal::types::OfferStatus;
use cloud_partner_portal::{Client, Credential, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::builder()
        .endpoint(std::env::args().nth(1).unwrap_or_default())
        .credential(Credential::token("made-up")?)
        .build()?;
    let offer = client.get_offer("contoso", "new-vm").await?;
    let known = offer.status.as_ref().and_then(|status| status.known());
    println!("{} is paused: {}", offer.id, known == Some(OfferStatus::Paused));
    if let Err(error) = client.get_offer("contoso", "no-such-vm").await {
        println!("{:?} {}", error.status(), error.attempts());
    }
    Ok(())
}
"#;

/// The copy, and where what is built from it goes: the folder that this test was built into, so that the crates of others are there
/// already. The copy's xtask has a name of its own, or it would take the place of this workspace's.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

impl Copy {
    fn new() -> Self {
        let origin = library::home().parent().expect("the workspace");
        // The same place each time, so that what is built from it is found again and replaced.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("loop");
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the last copy can be removed");
        }
        let root = folder.join("copy");
        copy(origin, &root).expect("a copy of the repository");
        let manifest = root.join("xtask/Cargo.toml");
        let xtask = fs::read_to_string(&manifest).expect("xtask's manifest");
        let renamed = xtask.replacen("name = \"xtask\"", "name = \"xtask-of-copy\"", 1);
        fs::write(&manifest, renamed).expect("it can be written");
        let program = std::env::current_exe().expect("this test's path");
        Self {
            root,
            target: program
                .ancestors()
                .nth(3)
                .expect("target/PROFILE/deps/test")
                .to_owned(),
        }
    }

    fn contract(&self) -> PathBuf {
        self.root.join("openapi/cloud-partner-portal.yaml")
    }

    fn edit(&self, (from, to): (&str, &str)) {
        let path = self.contract();
        let text = fs::read_to_string(&path).expect("the contract");
        assert!(text.contains(from), "the contract has no {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).expect("the contract can be written");
    }

    fn cargo(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO"));
        // What the cargo that runs this test says of itself isn't meant for the copy.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_") && name != "CARGO_HOME" {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_NET_OFFLINE", "true")
            .output()
            .expect("cargo runs")
    }

    fn xtask(&self, arguments: &[&str]) -> Output {
        let run = [
            &["run", "--quiet", "--package", "xtask-of-copy", "--"],
            arguments,
        ]
        .concat();
        self.cargo(&self.root, &run)
    }
}

/// The repository without what git doesn't keep.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if ["target", ".git", ".tools"]
            .iter()
            .any(|skipped| name == *skipped)
        {
            continue;
        }
        let target = to.join(&name);
        // A link to a file counts as the file.
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn new_offer() -> Recording {
    let body = serde_json::json!({"id": "new-vm", "status": "paused", "version": 1});
    Recording {
        schema: None,
        description: "An offer in a status that the contract has just learnt.".to_owned(),
        provenance: Provenance {
            kind: ProvenanceKind::Synthetic,
            source: "the test".to_owned(),
        },
        request: Request {
            method: "GET".to_owned(),
            path: "/api/publishers/contoso/offers/new-vm".to_owned(),
            query: BTreeMap::from([("api-version".to_owned(), "2017-10-31".to_owned())]),
            headers: BTreeMap::new(),
        },
        response: Response {
            status: 200,
            headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
            body: Some(Body::Json(body)),
        },
    }
}

/// One test, since both parts build the same tools.
#[test]
fn the_contract_changes_and_the_rest_follows() {
    let copy = Copy::new();
    let contract = fs::read(copy.contract()).expect("the contract");
    xtask_runs_when_the_sdk_no_longer_compiles(&copy);
    fs::write(copy.contract(), contract).expect("the contract can be written");
    a_new_value_and_a_new_operation_reach_a_consumer(&copy);
}

fn a_new_value_and_a_new_operation_reach_a_consumer(copy: &Copy) {
    copy.edit(VALUE);
    copy.edit(OPERATION);

    let stale = copy.xtask(&["generate", "--check"]);
    let said = text(&stale);
    assert_eq!(stale.status.code(), Some(4), "{said}");
    assert!(
        said.contains("+        Paused") && said.contains("pub async fn get_offer"),
        "{said}"
    );
    assert!(said.trim_end().ends_with("cargo xtask generate"), "{said}");

    let generated = copy.xtask(&["generate"]);
    assert!(generated.status.success(), "{}", text(&generated));
    let fresh = copy.xtask(&["generate", "--check"]);
    assert!(fresh.status.success(), "{}", text(&fresh));

    let consumer = copy.root.parent().expect("a folder").join("consumer");
    fs::create_dir_all(consumer.join("src")).expect("a folder");
    fs::write(consumer.join("src/main.rs"), CONSUMER).expect("a file");
    let manifest = "[package]\nname = \"consumer\"\nedition = \"2024\"\n\n[dependencies]\n\
        cloud-partner-portal = { path = \"../copy/sdk\" }\n\
        tokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n\n[profile.dev]\n\
        debug = \"line-tables-only\"\n\n[workspace]\n";
    fs::write(consumer.join("Cargo.toml"), manifest).expect("a file");
    fs::copy(copy.root.join("Cargo.lock"), consumer.join("Cargo.lock")).expect("the lock file");

    let tree = copy.cargo(
        &consumer,
        &["tree", "--edges", "normal,build", "--prefix", "none"],
    );
    let tree = text(&tree);
    assert!(tree.contains("progenitor-client "), "{tree}");
    for generator in ["progenitor ", "progenitor-impl ", "typify", "saphyr"] {
        assert!(
            !tree.lines().any(|line| line.starts_with(generator)),
            "{generator} in\n{tree}"
        );
    }

    let server = Replay::new([new_offer()], Vec::new())
        .start()
        .expect("a port on this machine");
    let run = copy.cargo(&consumer, &["run", "--quiet", "--", &server.url()]);
    assert_eq!(
        String::from_utf8_lossy(&run.stdout),
        "new-vm is paused: true\nSome(404) 1\n",
        "{}",
        text(&run)
    );
}

fn xtask_runs_when_the_sdk_no_longer_compiles(copy: &Copy) {
    // The SDK's own code names this value.
    copy.edit(("        - running\n", ""));
    let check = copy.cargo(
        &copy.root,
        &[
            "check",
            "--quiet",
            "--package",
            "cloud-partner-portal",
            "--features",
            "generate",
        ],
    );
    let said = text(&check);
    assert!(
        !check.status.success() && said.contains("Running"),
        "{said}"
    );

    let lint = copy.xtask(&["lint"]);
    assert!(lint.status.success(), "{}", text(&lint));
    let validate = copy.xtask(&["validate"]);
    assert!(
        text(&validate).contains("running"),
        "the lost value is noted: {}",
        text(&validate)
    );
}
