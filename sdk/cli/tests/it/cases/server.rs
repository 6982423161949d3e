//! Starts the HTTP server that a test case describes. The module `cases` describes the format.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;

use cloud_partner_recordings::scripted_server::{
    ReceivedRequest, ScriptedServer, Step, json_response, response,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The property `server` of a case.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Server {
    Address(String),
    Script(HashMap<String, Vec<Value>>),
}

impl Default for Server {
    fn default() -> Self {
        Self::Script(HashMap::new())
    }
}

/// The server of a running case.
pub struct RunningServer {
    pub url: String,
    scripted: Option<ScriptedServer>,
}

impl RunningServer {
    /// Starts the server. The property `removes` of a response is the name of a file. Before the server sends this response, it removes
    /// the file from `folder`.
    pub fn start(server: &Server, folder: &Path) -> Self {
        let script = match server.clone() {
            Server::Address(address) => {
                let url = match address.as_str() {
                    "tls alert" => start_tls_alert_server(),
                    _ => address,
                };
                let scripted = None;
                return Self { url, scripted };
            }
            Server::Script(script) => script,
        };
        let folder = folder.to_owned();
        let counts = Mutex::new(HashMap::<String, usize>::new());
        let server = ScriptedServer::start(move |request| {
            if request.token.as_deref() == Some("wrong") {
                return response(401, &[], "");
            }
            let subject = subject(request);
            let Some(responses) = script.get(&subject) else {
                return response(404, &[], "");
            };
            let mut counts = counts.lock().expect("no panic");
            let count = counts.entry(subject).or_default();
            let value = &responses[(*count).min(responses.len() - 1)];
            *count += 1;
            if let Some(file) = value["removes"].as_str() {
                drop(std::fs::remove_file(folder.join(file)));
            }
            response_steps(value)
        });
        Self {
            url: server.url(),
            scripted: Some(server),
        }
    }

    pub fn pending_requests(&self) -> usize {
        let server = self.scripted.as_ref();
        server.map_or(0, ScriptedServer::pending_requests)
    }

    /// Returns the subject of each request: an offer, or `list`.
    pub fn subjects(&self) -> Vec<String> {
        let requests = self.scripted.iter().flat_map(ScriptedServer::requests);
        requests.map(|request| subject(&request)).collect()
    }

    /// Returns a string for each list request, such as `a b`: the sorted ids of the offers whose status was requested between this list
    /// request and the next one.
    pub fn polls(&self) -> Vec<String> {
        let mut subjects = self.subjects();
        let after_lists = subjects.split_mut(|subject| subject == "list").skip(1);
        after_lists
            .map(|offers| {
                offers.sort();
                offers.join(" ")
            })
            .collect()
    }
}

/// Returns the id of the offer in the path of a status request, or `list` for a list request.
fn subject(request: &ReceivedRequest) -> String {
    let path = request.target.split('?').next().unwrap_or_default();
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some("status"), Some(offer)) => offer.to_owned(),
        _ => "list".to_owned(),
    }
}

/// Converts a response of the case to the steps of the scripted server.
fn response_steps(value: &Value) -> Vec<Step> {
    if let Some(text) = value.as_str() {
        return match text {
            "no response" => vec![Step::Stall],
            "closed" => Vec::new(),
            "cut" => vec![Step::Send(
                b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec(),
            )],
            "reset" => vec![Step::Reset],
            status => json_response(json!({"status": status}).to_string()),
        };
    }
    if let Some(report) = value.get("report") {
        return json_response(report.to_string());
    }
    if let Some(list) = value["list"].as_object() {
        let items = list.iter().map(|(offer, item)| {
            let mut item = match item {
                Value::Object(_) => item.clone(),
                status => json!({"id": offer, "status": status}),
            };
            item["id"] = json!(offer);
            item
        });
        return json_response(items.collect::<Value>().to_string());
    }
    let status = value["status"].as_u64().unwrap_or(200);
    let mut headers = Vec::new();
    if let Some(id) = value["correlationId"].as_str() {
        headers.push(("x-ms-correlation-request-id", id));
    }
    for (name, value) in value["headers"].as_object().into_iter().flatten() {
        headers.push((name, value.as_str().unwrap_or_default()));
    }
    let body = value["body"].as_str().unwrap_or_default();
    let body: Vec<_> = body.split('\u{fffd}').map(str::as_bytes).collect();
    let status = u16::try_from(status).expect("a status");
    response(status, &headers, body.join(&0xff))
}

/// Starts a server that answers every TLS handshake with a fatal alert, and returns its address. The client then reports a connection
/// error.
fn start_tls_alert_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            // A TLS 1.2 record with a fatal alert of type `handshake_failure` (RFC 5246, section 7.2).
            let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 40]);
        }
    });
    format!("https://127.0.0.1:{port}")
}
