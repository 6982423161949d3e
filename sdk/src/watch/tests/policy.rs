//! Tests of each row in the table of the policy for errors.

use super::model::{End, Fault, Options, Report, ServiceResponse};
use super::simulation::{Reply, run};
use super::{end, single};
use crate::WatchEvent;
use crate::watch::start::Start;

/// Returns the time at which a watch of one offer ends if every poll after this number of reports has the same fault. `None` means
/// that the watch doesn't end within a day.
fn ends_after(fault: Fault, reports: usize, tolerate: u64) -> Option<u64> {
    let options = Options {
        tolerate,
        timeout: 24 * 3600,
        until_live: false,
    };
    let mut number = 0;
    let mut failing_since = 0;
    let run = run(
        &mut single(options, Start::Seen),
        |_, now| {
            number += 1;
            if number <= reports {
                failing_since = now + 60;
            }
            Reply {
                after: 0,
                response: if number <= reports {
                    ServiceResponse::Report(Report {
                        status: "running",
                        rejected_step: false,
                        error_message: false,
                    })
                } else {
                    ServiceResponse::Fault(fault)
                },
                retry_after: None,
            }
        },
        |_, _| {},
    );
    let WatchEvent::Ended(result) = &run.last else {
        panic!("{:?}", run.last);
    };
    match end(result) {
        End::GivenUp => Some(run.end - failing_since),
        End::Outcome("timedOut") => None,
        End::Outcome(other) => panic!("{other}"),
    }
}

#[test]
fn the_policy_follows_the_table() {
    let minutes = |minutes: u64| Some(minutes * 60);
    for (faults, before, after) in [
        (vec![Fault::Argument], minutes(0), minutes(0)),
        (
            vec![
                Fault::Credential,
                Fault::Status(400),
                Fault::Status(401),
                Fault::Status(403),
                Fault::Status(404),
                Fault::Status(302),
            ],
            minutes(0),
            minutes(15),
        ),
        (
            vec![
                Fault::Connect,
                Fault::Cut,
                Fault::NotJson,
                Fault::Status(408),
                Fault::Status(429),
                Fault::Status(500),
                Fault::Status(503),
                Fault::Status(599),
            ],
            minutes(2),
            minutes(15),
        ),
    ] {
        for fault in faults {
            assert_eq!(ends_after(fault, 0, 900), before, "{fault:?} at the start");
            for reports in [1, 5] {
                assert_eq!(ends_after(fault, reports, 900), after, "{fault:?} later");
            }
            assert_eq!(
                ends_after(fault, 3, 0),
                minutes(0),
                "{fault:?}, none tolerated"
            );
            assert_eq!(
                ends_after(fault, 0, 60),
                before.min(minutes(1)),
                "{fault:?}"
            );
        }
    }
}

#[test]
fn the_first_waits_after_an_error_are_short() {
    let options = Options {
        tolerate: 900,
        timeout: 24 * 3600,
        until_live: false,
    };
    let run = run(
        &mut single(options, Start::Seen),
        |_, _| Reply {
            after: 0,
            response: ServiceResponse::Fault(Fault::Connect),
            retry_after: None,
        },
        |_, _| {},
    );
    let sent: Vec<_> = run.sent.iter().map(|(when, _)| *when).collect();
    assert_eq!(sent, [0, 1, 3, 7, 15, 31, 63, 120]);
}
