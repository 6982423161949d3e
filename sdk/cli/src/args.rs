//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use cloud_partner_portal::CredentialSource;

use crate::exit;

const CREDENTIALS: &str = "\
Credentials, the first complete one: --token-file; AZURE_TOKEN; a service
principal (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET); workload
identity (AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, AZURE_CLIENT_ID); the
login of the Azure CLI (az login). --credential chooses one by name.";

/// Lists a publisher's offers on the Azure Marketplace and follows their publication
#[derive(Parser)]
#[command(
    name = "cloud-partner",
    version,
    term_width = 80,
    after_help = format!("Example: cloud-partner --publisher contoso offers\n\n{CREDENTIALS}\n\n{}", exit::help())
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
    /// The address to use instead of `https://cloudpartner.azure.com`
    #[arg(
        long,
        global = true,
        env = "CLOUD_PARTNER_ENDPOINT",
        hide_env_values = true
    )]
    pub endpoint: Option<String>,
    /// The credential to use, instead of the first complete one
    #[arg(long, global = true, value_name = "NAME", value_parser = credential_source())]
    pub credential: Option<CredentialSource>,
    /// A file that holds a token; the tool reads it again every few minutes
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
    /// For people
    Table,
    /// The JSON of the service as one document; watch prints one line per event,
    /// and a last line with the result of every offer
    Json,
    /// The JSON of the service, one line per offer or event
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
    /// Follow publications until every outcome is known
    #[command(after_help = format!(
        "Example: cloud-partner --publisher contoso watch test-vm --timeout 2days\n\n{}", exit::help()
    ))]
    Watch(Watch),
    /// Print the completions of a shell
    #[command(after_help = "Example: cloud-partner completions bash > ~/.bash_completion")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example: cloud-partner man | man -l -")]
    Man,
}

#[derive(Args)]
pub struct Offers {
    /// Only offers of this type, in any letter case; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Only offers in this status, in any letter case; may be repeated
    #[arg(long, value_name = "STATUS")]
    pub status: Vec<String>,
    /// Add the current step of each offer in flight (one request each)
    #[arg(long)]
    pub steps: bool,
}

#[derive(Args)]
pub struct Status {
    /// The offer's id, as `offers` shows it
    pub offer: String,
}

#[derive(Args)]
pub struct Watch {
    /// The ids of the offers; without an id, each offer in flight is watched
    pub offers: Vec<String>,
    /// The maximum duration, such as 90s, 2h or 3days; unlimited by default
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// The time between two polls
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = interval)]
    pub interval: Duration,
    /// How long to tolerate failed polls, or a list of offers that contradicts a
    /// success; before the first successful poll, 2min at most
    #[arg(long, value_name = "TIME", default_value = "15min", value_parser = humantime::parse_duration)]
    pub tolerate: Duration,
    /// The state to wait for
    #[arg(long, value_enum, default_value_t = Until::Outcome, value_name = "STATE")]
    pub until: Until,
    /// Wait for a publication that started after the status in this file, which
    /// `cloud-partner status OFFER -o json` wrote for the same offer (the file
    /// holds no id, so the tool can't detect the file of another offer)
    #[arg(long, value_name = "FILE", requires = "offers")]
    pub after: Option<PathBuf>,
    /// With --after: how long the publication may take to start
    #[arg(long, value_name = "TIME", default_value = "30min", value_parser = humantime::parse_duration)]
    pub start_timeout: Duration,
    /// Without offers: exit code 0 instead of 8 if no offer is in flight
    #[arg(long, conflicts_with = "offers")]
    pub allow_none: bool,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if interval.is_zero() {
        return Err("the time between two polls must be longer than zero".to_owned());
    }
    Ok(interval)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// Any outcome; exit code 5 if the offer waits for the go-live
    Outcome,
    /// Any outcome; exit code 0 if the offer waits for the go-live
    GoLive,
    /// The offer is live, or can't go live any more
    Live,
}
