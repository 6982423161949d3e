//! Generates random options and responses for the property tests.

use proptest::prelude::*;

use super::model::{FINAL, Fault, IN_FLIGHT, Item, Options, Report, ServiceResponse};
use super::simulation::Reply;

pub fn options() -> impl Strategy<Value = Options> {
    (
        prop_oneof![Just(0), Just(60), Just(900), Just(900)],
        prop_oneof![Just(500), Just(7200), Just(100_000), Just(100_000)],
        any::<bool>(),
    )
        .prop_map(|(tolerate, timeout, until_live)| Options {
            tolerate,
            timeout,
            until_live,
        })
}

/// Generates a reply: a list of offers, or a fault such as a timeout. The statuses and versions of the offers vary.
pub fn list_reply() -> impl Strategy<Value = Reply> {
    let status = prop_oneof![
        4 => Just(Some("running")),
        6 => Just(Some("succeeded")),
        1 => Just(None),
        2 => any_status().prop_map(Some),
    ];
    let version = prop_oneof![6 => Just(1), 1 => Just(2)];
    let list = prop::collection::btree_map(0_u8..4, (status, version), 0..5).prop_map(|items| {
        let items = items.into_iter().map(|(offer, (status, version))| Item {
            offer,
            status,
            version,
        });
        ServiceResponse::List(items.collect())
    });
    reply(prop_oneof![5 => list, 1 => fault()])
}

/// Generates a reply: a status report, or a fault.
pub fn status_reply() -> impl Strategy<Value = Reply> {
    let status = prop_oneof![6 => Just("running"), 3 => Just("succeeded"), 4 => any_status()];
    let report = (status, prop::bool::weighted(0.2)).prop_map(|(status, has_rejected_step)| {
        ServiceResponse::Report(Report {
            status,
            has_rejected_step,
        })
    });
    reply(prop_oneof![3 => report, 1 => fault()])
}

fn any_status() -> impl Strategy<Value = &'static str> {
    let statuses = [&IN_FLIGHT[..], &FINAL, &["paused"]].concat();
    prop::sample::select(statuses)
}

fn fault() -> impl Strategy<Value = ServiceResponse> {
    let status_codes = vec![400, 401, 403, 404, 408, 429, 500, 503];
    prop_oneof![
        1 => Just(Fault::InvalidArgument),
        2 => Just(Fault::Credential),
        6 => Just(Fault::Connection),
        4 => Just(Fault::Timeout),
        4 => Just(Fault::Decode),
        12 => prop::sample::select(status_codes).prop_map(Fault::Status),
    ]
    .prop_map(ServiceResponse::Fault)
}

fn reply(response: impl Strategy<Value = ServiceResponse>) -> impl Strategy<Value = Reply> {
    let retry_after = prop::sample::select(vec![0, 30, 90, 4000, 86_400]);
    (
        response,
        0_u64..20,
        prop::option::weighted(0.1, retry_after),
    )
        .prop_map(|(response, duration, retry_after)| Reply {
            duration: if response == ServiceResponse::Fault(Fault::Timeout) {
                300
            } else {
                duration
            },
            response,
            retry_after,
        })
}
