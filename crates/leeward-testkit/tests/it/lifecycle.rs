//! Starting, stopping, and what is left afterwards: nothing.

use crate::{
    client::{EAST, WEST, patient, two_regions},
    wire::{address, connect, read_to_end, send_list_keys, until},
};
use aws_sdk_kms::Client;
use leeward_testkit::{Aws, Fault, Scope, StartError};
use std::io::ErrorKind;
use tokio::net::TcpStream;

#[tokio::test]
async fn shutdown_closes_the_ports_and_ends_what_waits() {
    let aws = two_regions().await;
    let addresses = [address(&aws, &EAST), address(&aws, &WEST)];
    aws.faults().inject(Scope::any(), Fault::black_hole());
    let mut waiting = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut waiting).await;
    until(|| aws.counts().calls("kms", "ListKeys") == 1).await;

    aws.shutdown().await;
    let (answer, _) = read_to_end(&mut waiting).await;
    assert_eq!(answer, "");
    for address in addresses {
        let refused = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }
}

#[tokio::test]
async fn dropping_it_closes_the_ports_at_once() {
    let aws = two_regions().await;
    let address = address(&aws, &EAST);
    let mut open = connect(&aws, &EAST).await.unwrap();
    let faults = aws.faults();
    drop(aws);
    let refused = TcpStream::connect(&address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let (answer, _) = read_to_end(&mut open).await;
    assert_eq!(answer, "");

    // A handle that is left over opens nothing again.
    let rule = faults.inject(Scope::region(EAST), Fault::refuse());
    rule.clear();
    TcpStream::connect(&address).await.unwrap_err();
}

#[test]
fn it_runs_on_the_runtime_that_it_is_given() {
    let server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let client = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    client.block_on(async {
        let builder = Aws::builder().with_region(EAST);
        let builder = builder.with_runtime(server.handle().clone());
        let aws = builder.start().await.unwrap();
        let kms = Client::new(&patient(&aws, &EAST));
        kms.list_keys().send().await.unwrap();
        aws.shutdown().await;
    });
    server.shutdown_background();
}

#[tokio::test]
async fn a_start_that_cannot_be_says_why() {
    let none = Aws::start(&[]).await.unwrap_err();
    assert_eq!(none.to_string(), "no Region given: name at least one");
    let twice = Aws::start(&[EAST, WEST, EAST]).await.unwrap_err();
    assert!(matches!(&twice, StartError::GivenTwice { region } if *region == EAST));
    assert_eq!(
        twice.to_string(),
        "us-east-1 given twice: name each Region once"
    );
}

#[test]
fn a_start_without_a_runtime_says_what_to_do() {
    let regions = [EAST];
    let mut start = std::pin::pin!(Aws::start(&regions));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(refused) = start.as_mut().poll(&mut cx) else {
        panic!("waits without a runtime");
    };
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no tokio runtime here: start inside of one, or give its handle to the builder"
    );
}

#[tokio::test]
async fn the_regions_are_those_that_were_given() {
    let aws = two_regions().await;
    assert_eq!(aws.regions().collect::<Vec<_>>(), [&EAST, &WEST]);
    let endpoint = aws.endpoint(&EAST);
    assert!(endpoint.starts_with("http://127.0.0.1:"), "{endpoint}");
    aws.shutdown().await;
}
