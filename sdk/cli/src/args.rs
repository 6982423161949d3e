//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit;

const ENVIRONMENT: &str = "\
Credentials, the first that there is: --token-file; AZURE_TOKEN, or
AZURE_TENANT_ID with AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; the login of the
Azure CLI (az login).";

/// Lists a publisher's offers on the Azure Marketplace and follows their publication
#[derive(Parser)]
#[command(
    name = "cloud-partner",
    version,
    term_width = 80,
    after_help = format!("Example: cloud-partner --publisher contoso offers\n\n{ENVIRONMENT}\n\n{}", exit::help())
)]
pub struct Arguments {
    #[command(flatten)]
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
        hide_env_values = true,
        value_name = "ID"
    )]
    pub publisher: Option<String>,
    /// Another endpoint than the service's
    #[arg(
        long,
        global = true,
        env = "CLOUD_PARTNER_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub endpoint: Option<String>,
    /// A file that holds a token; read again when the service refuses it
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How to print: a table for people, the rest for programs
    #[arg(long, short, global = true, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub output: Format,
    /// Show requests, attempts and correlation ids on standard error
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// What the service sent, as one document; of watch, one line per change
    Json,
    /// What the service sent, one line each
    Jsonl,
    /// Tab-separated values, with a line of names
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
    /// Only offers of this type; may be repeated
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
    /// The offers' ids; none means every offer of the publisher that is in flight
    pub offers: Vec<String>,
    /// Stop after this time, such as 90s, 2h or 3days; never unless told
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// The time between two polls
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = humantime::parse_duration)]
    pub interval: Duration,
    /// Stop when an offer waits for its go-live, or go on until it is live
    #[arg(long, value_enum, default_value_t = Until::GoLive, value_name = "STATE")]
    pub until: Until,
    /// Without offers: exit code 0 instead of 8 when no offer is in flight
    #[arg(long, conflicts_with = "offers")]
    pub allow_none: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// Until the publisher must look at the preview and go live
    GoLive,
    /// Until the offer is live
    Live,
}
