//! Connections whose runtime has ended.

use super::{config, fails, pooled, silence};
use aws_sdk_kms::Client;
use aws_smithy_http_client::pool;
use leeward_error_taxonomy::{Category, Classify, Obstacle, Stage, Verdict};
use std::{future::poll_fn, io::Read, pin::pin};
use tokio::runtime::Runtime;

#[tokio::test]
async fn a_client_that_outlived_the_runtime_of_its_connections_says_so() {
    let (_listener, address) = silence().await;
    let home = Runtime::new().unwrap();
    let client = pooled(pool::ConnectionPool::builder(), home.handle());
    home.shutdown_background();
    let (stage, category, verdict, text) = fails(config(address).http_client(client)).await;
    assert_eq!(
        (stage, category, verdict),
        (Stage::NotSent, Category::Configuration, Verdict::Final)
    );
    assert!(text.contains("runtime"), "{text}");
}
/// What a call meets on a connection whose runtime ends once the service has heard the request.
fn met_by_the_end_of_the_runtime(pool: bool) -> (Stage, Category, Verdict, Obstacle) {
    let (home, away) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let handle = home.handle().clone();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = config(listener.local_addr().unwrap());
    if pool {
        config = config.http_client(pooled(pool::ConnectionPool::builder(), &handle));
    }
    let client = Client::from_conf(config.build());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        home.shutdown_background();
        stream
    });
    let mut call = pin!(client.list_keys().send());
    // Without a pool the connection belongs to the runtime that is entered when it is made; the call itself goes on.
    let at_home = poll_fn(|context| {
        let _entered = handle.enter();
        call.as_mut().poll(context)
    });
    let error = away.block_on(at_home).unwrap_err();
    drop(server.join().unwrap());
    let facts = error.facts();
    let obstacle = facts.obstacle.unwrap_or_else(|| panic!("{error:?}"));
    (facts.stage, facts.category, facts.verdict, obstacle)
}

#[test]
fn a_call_whose_runtime_ends_may_have_been_sent() {
    for pool in [false, true] {
        let expected = (
            Stage::MaybeSent,
            Category::Configuration,
            Verdict::Final,
            Obstacle::Runtime,
        );
        assert_eq!(
            met_by_the_end_of_the_runtime(pool),
            expected,
            "pool: {pool}"
        );
    }
}
