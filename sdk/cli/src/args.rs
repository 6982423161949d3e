//! Defines the commands and options of the command line, and their texts in `--help`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use cloud_partner_portal::{CredentialSource, Until};

use crate::exit_code;

const CREDENTIALS: &str = "\
Credentials: --credential chooses a credential by its name. Without it, the tool
tries this order, and uses the first credential whose option or variables are
set:
  token-file        --token-file
  token             AZURE_TOKEN
  service-principal AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET
  workload-identity AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, AZURE_CLIENT_ID
  azure-cli         otherwise: the login of the Azure CLI (az login)
Two credentials are used only if --credential names them:
  managed-identity  the managed identity of this Azure machine
  azure-pipelines   the service connection of a task of Azure Pipelines";

/// Lists a publisher's offers on the Azure Marketplace and follows their publication
#[derive(Parser)]
#[command(
    name = "cloud-partner",
    version,
    term_width = 80,
    after_help = format!("Example: cloud-partner --publisher contoso offers\n\n{CREDENTIALS}\n\n{}", exit_code::help())
)]
pub struct Arguments {
    #[command(flatten, next_help_heading = "Options of every command")]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args)]
pub struct Common {
    /// The publisher's id, such as contoso
    #[arg(
        long,
        global = true,
        env = "CLOUD_PARTNER_PUBLISHER",
        hide_env_values = true
    )]
    pub publisher: Option<String>,
    /// The service's address; `https://cloudpartner.azure.com` by default
    #[arg(
        long,
        global = true,
        env = "CLOUD_PARTNER_ENDPOINT",
        hide_env_values = true
    )]
    pub endpoint: Option<String>,
    /// The credential to use; `cloud-partner --help` describes the default
    #[arg(long, global = true, value_name = "NAME", value_parser = credential_source())]
    pub credential: Option<CredentialSource>,
    /// A file that holds a token. Before a request, the tool reads the file again if
    /// the last read was more than five minutes ago
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The output format
    #[arg(long, short, global = true, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub output: Format,
    /// Show requests, attempts and correlation ids on standard error
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

fn credential_source() -> impl TypedValueParser<Value = CredentialSource> {
    let names = CredentialSource::ALL.iter().map(|source| source.as_str());
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people to read
    Table,
    /// The service's JSON as one document. For watch: one line of JSON for each
    /// event, and a last line with the result of every offer
    Json,
    /// Like json, but each document is on one line; `offers` prints one line per
    /// offer
    Jsonl,
    /// Tab-separated values with a header
    Tsv,
}

#[derive(Subcommand)]
pub enum Command {
    /// List the publisher's offers
    #[command(
        after_help = "Example: cloud-partner --publisher contoso offers --status running --steps"
    )]
    Offers(Offers),
    /// Show the publishing status of one offer
    #[command(after_help = "Example: cloud-partner --publisher contoso status test-vm")]
    Status(Status),
    /// Follow publications until each has an outcome, such as succeeded or failed
    #[command(after_help = format!(
        "Example: cloud-partner --publisher contoso watch test-vm --timeout 2days\n\n{}", exit_code::help()
    ))]
    Watch(Watch),
    /// Print a completion script for a shell
    #[command(after_help = "Example: cloud-partner completions bash > ~/.bash_completion")]
    Completions {
        /// The shell that runs the script
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example: cloud-partner man | man -l -")]
    Man,
}

#[derive(Args)]
pub struct Offers {
    /// List only offers of this type, in any letter case; can be repeated
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// List only offers with this status, in any letter case; can be repeated
    #[arg(long, value_name = "STATUS")]
    pub status: Vec<String>,
    /// Add the current step of each publication in progress; the tool sends one
    /// request for each of these publications
    #[arg(long)]
    pub steps: bool,
}

#[derive(Args)]
pub struct Status {
    /// The offer's id, from the column ID of `cloud-partner offers`
    pub offer: String,
}

#[derive(Args)]
pub struct Watch {
    /// The ids of the offers; by default, every offer whose publication is in
    /// progress
    pub offers: Vec<String>,
    /// The maximum duration of the watch, such as 90s, 2h or 3days; unlimited by
    /// default
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// The time between two polls (requests for the status)
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = interval)]
    pub interval: Duration,
    /// How long polls may fail before the watch ends with an error. Before the first
    /// successful poll, the maximum is 2min. If no offer is named, also how long the
    /// list of offers may contradict the outcome `succeeded` or `awaitingGoLive` of an
    /// offer. If the contradiction lasts longer, the exit code is 13
    #[arg(long, value_name = "TIME", default_value = "15min", value_parser = humantime::parse_duration)]
    pub tolerate: Duration,
    /// The outcomes that end the watch of an offer
    #[arg(long, value_name = "STATE", default_value = "outcome", value_parser = until())]
    pub until: Until,
    /// Wait for a new publication, and ignore the publication in this file; needs
    /// exactly one offer. Before you start the new publication, write the file with
    /// `cloud-partner status OFFER -o json`. The file must be about the same offer.
    /// The tool can't check this, because the file contains no id
    #[arg(long, value_name = "FILE", requires = "offers")]
    pub after: Option<PathBuf>,
    /// With --after: the maximum time until the new publication starts
    #[arg(long, value_name = "TIME", default_value = "30min", value_parser = humantime::parse_duration)]
    pub start_timeout: Duration,
    /// Exit with 0 instead of 8 if no publication of the publisher is in progress
    #[arg(long, conflicts_with = "offers")]
    pub allow_none: bool,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if interval.is_zero() {
        return Err("the interval must be longer than zero".to_owned());
    }
    Ok(interval)
}

fn until() -> impl TypedValueParser<Value = Until> {
    PossibleValuesParser::new([
        PossibleValue::new("outcome")
            .help("Any outcome; exit code 5 if the publisher must approve the go-live"),
        PossibleValue::new("go-live")
            .help("Any outcome; exit code 0 if the publisher must approve the go-live"),
        PossibleValue::new("live").help(
            "Any outcome, but the watch continues while the publisher must approve the go-live",
        ),
    ])
    .map(|name| match &*name {
        "go-live" => Until::GoLive,
        "live" => Until::Live,
        _ => Until::Outcome,
    })
}
