//! What an interceptor tells of a call that failed without an answer.

use aws_smithy_runtime_api::client::{orchestrator::OrchestratorError, result::ConnectorError};
use leeward_error_taxonomy::{CallContext, Facts, Region, Stage};
use std::{error::Error, io};

const REGION: Region = Region::from_static("us-east-1");

fn told(connector: ConnectorError) -> OrchestratorError<io::Error> {
    let context = CallContext::new().with_region(REGION).with_attempts(2);
    context.tell(OrchestratorError::connector(connector), None)
}

#[test]
fn an_error_keeps_its_kind_and_its_sources() {
    let refused = || Box::new(io::Error::from(io::ErrorKind::ConnectionRefused));
    for (error, is) in [
        (
            ConnectorError::io(refused()),
            ConnectorError::is_io as fn(&_) -> _,
        ),
        (
            ConnectorError::timeout(refused()),
            ConnectorError::is_timeout,
        ),
        (ConnectorError::user(refused()), ConnectorError::is_user),
        (
            ConnectorError::other(refused(), None),
            ConnectorError::is_other,
        ),
    ] {
        let (text, below) = (error.to_string(), error.source().unwrap().to_string());
        let told = told(error);
        let connector = told.as_connector_error().unwrap();
        assert!(is(connector), "{told:?}");
        assert_eq!(connector.to_string(), text);
        let sources = std::iter::successors(connector.source(), |&error| error.source());
        assert_eq!(sources.last().unwrap().to_string(), below);
    }
    let late: OrchestratorError<io::Error> = OrchestratorError::timeout("too late".into());
    let late = CallContext::new().tell(late, None);
    assert!(late.is_timeout_error());
    assert_eq!(late.source().unwrap().to_string(), "too late");
}

#[test]
fn what_was_not_sent_at_last_may_have_been_sent_before() {
    let refused = || ConnectorError::io("tcp connect error".into());
    assert_eq!(Facts::of_erased(&refused()).stage, Stage::NotSent);
    let told = told(refused());
    let facts = Facts::of_erased(told.as_connector_error().unwrap());
    let seen = (facts.stage, facts.attempts, facts.region);
    assert_eq!(seen, (Stage::MaybeSent, Some(2), Some(&REGION)));
    let context = CallContext::new()
        .with_attempts(2)
        .with_nothing_sent_before();
    let told = context.tell::<io::Error>(OrchestratorError::connector(refused()), None);
    let facts = Facts::of_erased(told.as_connector_error().unwrap());
    assert_eq!((facts.stage, facts.attempts), (Stage::NotSent, Some(2)));
}

#[test]
fn the_host_is_told_of_a_call_without_an_answer() {
    let refused = ConnectorError::io("tcp connect error".into());
    let context = CallContext::new().with_host("localhost:4566");
    let told = context.tell::<io::Error>(OrchestratorError::connector(refused), None);
    let facts = Facts::of_erased(told.as_connector_error().unwrap());
    assert_eq!(facts.host, Some("localhost:4566"));
}
