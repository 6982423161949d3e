//! `cargo xtask serve`: runs a replay server, an HTTP server that returns recorded responses. A *recording* is a file with a request to the
//! service and its response. The commands `demo`, `docs` and `languages` also read the recordings through [`Source`].

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use cloud_partner_recordings::load::{self, Scenario};
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::{Replay, Server};

use crate::exit_code::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::print::{print_continuation, print_line, print_table};
use crate::validate;

/// The paths of three sample requests, relative to `/api/publishers/`. The responses are a list of offers, the status of an offer, and an
/// error response.
const SAMPLES: [&str; 3] = [
    "contoso/offers",
    "contoso/offers/linux-vm/status",
    "failing/offers/not-found/status",
];

/// Serves the recordings and scenarios over HTTP on this machine until Ctrl-C
///
/// A recording is a file in tests/recordings with a request and its response. When the server receives this request, it returns this
/// response. A scenario is a folder in tests/scenarios with several recordings of the same request. The server returns their responses in
/// turn.
#[derive(Args)]
pub struct Serve {
    /// The port; 0 selects a free port
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// List every path with its response instead of starting the server
    #[arg(long)]
    list: bool,
}

/// The recordings and scenarios of a replay server.
pub struct Source {
    recordings: Vec<Recording>,
    scenarios: Vec<Scenario>,
}

impl Source {
    /// Reads the recordings and scenarios of the workspace.
    pub fn read() -> Result<Self, CommandError> {
        let all = load::all(&files::root().join("tests"));
        let (recordings, scenarios) = all.map_err(|error| validate::read_error(&error))?;
        Ok(Self {
            recordings,
            scenarios,
        })
    }

    /// Adds a recording that isn't in a file.
    pub fn with(mut self, recording: Recording) -> Self {
        self.recordings.push(recording);
        self
    }

    /// Returns every recording with its name, including the recordings of the scenarios. The name is the path of the file relative to
    /// `tests/recordings` or `tests/scenarios`, without the extension.
    pub fn recordings(&self) -> impl Iterator<Item = (String, &Recording)> {
        let tests = files::root().join("tests");
        let scenarios = self.scenarios.iter();
        let scenarios = scenarios.flat_map(|scenario| &scenario.recordings);
        self.recordings
            .iter()
            .chain(scenarios)
            .map(move |recording| {
                let file = recording.file.with_extension("");
                let relative = file.strip_prefix(&tests).unwrap_or(&file);
                let name = relative.iter().skip(1).collect::<PathBuf>();
                (name.display().to_string(), recording)
            })
    }

    /// Starts a server. `configure` can change its settings. With port 0, the system chooses a free port.
    pub fn start(
        &self,
        port: u16,
        configure: impl FnOnce(Replay) -> Replay,
    ) -> Result<Server, CommandError> {
        let replay = Replay::new(self.recordings.clone(), self.scenarios.clone()).port(port);
        configure(replay).start().map_err(|error| {
            CommandError(format!(
                "the replay server can't start on port {port}: {error}"
            ))
        })
    }

    /// Returns the table rows of `--list`. A recording's row has the path, the status code and the description. In a scenario's row, the
    /// status code is `-`, and the description has the scenario's name and the number of its responses.
    fn routes(&self) -> Vec<Vec<String>> {
        let scenarios = self.scenarios.iter().filter_map(|scenario| {
            let (name, length) = (&scenario.name, scenario.recordings.len());
            let what = format!("scenario {name}, {length} responses in turn");
            let path = &scenario.recordings.first()?.request.path;
            Some(vec![path.clone(), "-".to_owned(), what])
        });
        let recordings = self.recordings.iter().map(|recording| {
            let path = recording.request.path.clone();
            let status = recording.response.status.to_string();
            vec![path, status, recording.description.clone()]
        });
        scenarios.chain(recordings).collect()
    }
}

impl Serve {
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let source = Source::read()?;
        if self.list {
            print_table(&["PATH", "STATUS", "RESPONSE"], &source.routes(), out)?;
            return Ok(Outcome::Success);
        }
        let server = source.start(self.port, |replay| replay)?;
        let url = server.url();
        for (label, path) in ["Try", "", ""].into_iter().zip(SAMPLES) {
            let curl = format!(
                "curl --header 'Authorization: Bearer anything' '{url}/api/publishers/{path}?api-version=2017-10-31'"
            );
            print_line(out, label, curl)?;
        }
        let help = "`cargo xtask serve --list` lists all paths and their responses";
        print_continuation(out, help)?;
        print_line(out, "Serving", format!("{url} until Ctrl-C"))?;
        out.flush()?;
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .and_then(|runtime| runtime.block_on(tokio::signal::ctrl_c()))
            .map_err(|error| CommandError(format!("waiting for Ctrl-C failed: {error}")))?;
        drop(server);
        print_line(out, "Stopped", url)?;
        Ok(Outcome::Success)
    }
}
