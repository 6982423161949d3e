//! Gives the commands access to the spec. The model of the spec is in `sdk/generator/spec`. This module adds compiled schemas, and
//! functions that find the operation of a request and the media type of a body.

mod schemas;

use serde_json::{Map, Value};

pub use crate::generator::spec::{
    DOCUMENTATION, Kind, Location, Node, Object, Operation, Spec, SpecError, pointer_segment,
};
pub use schemas::Schemas;

/// Returns the operations that match the method and the path of a request. If several path templates match the path, only the templates with
/// the fewest parameters count, because they are the most specific.
pub fn operations_for<'o, 's>(
    operations: &'o [Operation<'s>],
    method: &str,
    path: &str,
) -> Vec<&'o Operation<'s>> {
    let mut matching: Vec<_> = operations
        .iter()
        .filter(|operation| operation.method == method && operation.captures(path).is_some())
        .collect();
    let parameters = |operation: &Operation<'_>| operation.templates().count();
    let fewest = matching.iter().map(|one| parameters(one)).min();
    matching.retain(|one| Some(parameters(one)) == fewest);
    matching
}

/// Returns a media type in lower case and without its parameters, such as `charset`.
pub fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_lowercase()
}

/// Returns whether a body of this media type is JSON.
pub fn is_json(media_type: &str) -> bool {
    let media_type = essence(media_type);
    media_type == "application/json" || media_type.ends_with("+json")
}

/// Returns the key of `content` that describes a body with this content type: the media type itself, else a range such as `text/*`,
/// else `*/*`.
pub fn media_for<'c>(content: &'c Map<String, Value>, content_type: &str) -> Option<&'c String> {
    let media_type = essence(content_type);
    let range = format!("{}/*", media_type.split('/').next().unwrap_or_default());
    [media_type, range, "*/*".to_owned()]
        .iter()
        .find_map(|wanted| content.keys().find(|media| essence(media) == *wanted))
}
