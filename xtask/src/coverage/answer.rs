//! What of the contract a recorded answer is about.

use cloud_partner_recordings::recording::{Body, Recording};
use serde_json::Value;

use super::sites::{self, Site};
use crate::spec::{essence, is_json, media_for};
use crate::validate::Checker;

/// The status of the operation that the recording belongs to.
pub fn answered<'s>(checker: &'s Checker<'_>, recording: &Recording) -> Option<Site<'s>> {
    let operation = checker.operation(recording, false, &mut Vec::new())?;
    let status = recording.response.status;
    let keys = [
        status.to_string(),
        format!("{}XX", status / 100),
        "default".to_owned(),
    ];
    let mut responses = sites::responses(checker, operation);
    let found = keys
        .iter()
        .find_map(|key| responses.iter().position(|(status, _)| status == key))?;
    Some(responses.swap_remove(found).1)
}

/// The content type of the recorded body, and the body as a value, if the contract describes it.
pub fn sent<'s>(
    checker: &'s Checker<'_>,
    recording: &Recording,
    response: &Site<'_>,
) -> Option<(Site<'s>, Value)> {
    let sent = essence(recording.response.headers.get("content-type")?);
    let described = response.facets.first()?.1.get("content")?.as_object()?;
    let media = media_for(described, &sent)?;
    let value = match recording.response.body.as_ref()? {
        Body::Json(value) if is_json(media) => value.clone(),
        Body::Text(text) if !is_json(media) => Value::String(text.clone()),
        _ => return None,
    };
    let mut contents = sites::contents(checker, response).into_iter();
    let (_, content) = contents.find(|(name, _)| name == media)?;
    Some((content, value))
}
