//! The HTTP server that a watch case describes.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;

use cloud_partner_recordings::scripted_server::{
    ReceivedRequest, ScriptedServer, Step, json_response, response,
};
use serde_json::{Value, json};

use super::Server;

/// The server of a running watch case.
pub enum Running {
    /// An address without a scripted server.
    Address(String),
    Scripted(ScriptedServer),
}

impl Running {
    pub fn start(server: &Server) -> Self {
        match server.clone() {
            Server::Address(address) if address == "tls alert" => {
                Self::Address(start_tls_alert_server())
            }
            Server::Address(address) => Self::Address(address),
            Server::Script(script) => {
                let counts = Mutex::new(HashMap::<String, usize>::new());
                Self::Scripted(ScriptedServer::start(move |request| {
                    let subject = subject(request);
                    let Some(responses) = script.get(&subject) else {
                        return response(404, &[], "");
                    };
                    let mut counts = counts.lock().expect("no panic");
                    let count = counts.entry(subject).or_default();
                    *count += 1;
                    response_steps(&responses[(*count - 1).min(responses.len() - 1)])
                }))
            }
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Address(url) => url.clone(),
            Self::Scripted(server) => server.url(),
        }
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

/// Returns the steps with which the server sends a response of the case.
fn response_steps(value: &Value) -> Vec<Step> {
    match value {
        Value::String(text) if text == "no response" => vec![Step::Stall],
        Value::String(text) if text == "reset" => vec![Step::Reset],
        Value::String(status) => json_response(json!({"status": status}).to_string()),
        value if value.get("report").is_some() => json_response(value["report"].to_string()),
        value if value.get("list").is_some() => {
            let items = value["list"].as_object().expect("offers").iter();
            let items = items.map(|(offer, item)| match item {
                Value::Object(item) => {
                    let mut item = item.clone();
                    item.insert("id".to_owned(), json!(offer));
                    Value::Object(item)
                }
                status => json!({"id": offer, "status": status}),
            });
            json_response(items.collect::<Value>().to_string())
        }
        value => {
            let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            let status = value["status"].as_u64().unwrap_or(200);
            let mut headers = Vec::new();
            if value.get("correlationId").is_some() {
                let name = "x-ms-correlation-request-id".to_owned();
                headers.push((name, text("correlationId")));
            }
            for (name, value) in value["headers"].as_object().into_iter().flatten() {
                headers.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
            }
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            response(
                u16::try_from(status).expect("a status"),
                &headers,
                text("body"),
            )
        }
    }
}

/// Starts a server that answers every TLS handshake with a fatal alert, and returns its address. The client reports a connection
/// error, as for an untrusted certificate.
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
