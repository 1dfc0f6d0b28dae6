//! What a subscriber is shown of the requests; each test runs in a process of its own.
//!
//! A place in the code that another test is the first to pass, on a thread to which nobody listens, is noted for the whole process
//! as one that nobody listens to.

use crate::{
    cloud::{EAST, WEST, builder, credentials},
    http_layers::{adds, list, pool},
    wire::Wire,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_types::body::SdkBody;
use http::Request;
use leeward_testkit::Aws;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tower::util::MapRequestLayer;
use tracing::Level;

/// What a subscriber writes.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

const SECRETS: [&str; 10] = [
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "IQoJb3JpZ2luX2VjEXAMPLETOKEN",
    "c3NlLWMta2V5LW9mLXRoZS10ZXN0",
    "md5-of-the-customer-key",
    "cookie-of-the-test",
    "token-of-single-sign-on",
    "code-of-the-mfa-device",
    "of-a-header-that-nobody-knows",
    "deadbeefdeadbeef",
    "credential=akidexample",
];

#[tokio::test]
async fn no_secret_reaches_a_subscriber() {
    if !crate::child::is_child() {
        crate::child::run("http_traces::no_secret_reaches_a_subscriber", &[]);
        return;
    }
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || written.clone())
        .finish();
    let _subscribed = tracing::subscriber::set_default(subscriber);
    let wire = Wire::open().await;
    let keys = Credentials::from_keys("AKIDEXAMPLE", SECRETS[0], Some(SECRETS[1].to_owned()));
    let presigned = MapRequestLayer::new(|mut request: Request<SdkBody>| {
        let uri = format!("{}?X-Amz-Signature=deadbeefdeadbeef&acl", request.uri());
        *request.uri_mut() = uri.parse().unwrap();
        request
    });
    let pool = pool(&wire, |pool| {
        pool.with_credentials(SharedCredentialsProvider::new(keys))
            .with_http_layer(adds(
                "x-amz-server-side-encryption-customer-key",
                SECRETS[2],
            ))
            .with_http_layer(adds(
                "x-amz-server-side-encryption-customer-key-md5",
                SECRETS[3],
            ))
            .with_http_layer(adds("cookie", SECRETS[4]))
            .with_http_layer(adds("x-amz-sso_bearer_token", SECRETS[5]))
            .with_http_layer(adds("x-amz-mfa", SECRETS[6]))
            .with_http_layer(adds("x-of-a-new-service", SECRETS[7]))
            .with_http_layer(presigned)
    });
    list(&pool.await).await;
    let sent = wire.heads().remove(0);
    assert!(
        SECRETS[1..]
            .iter()
            .all(|secret| sent.contains(&secret.to_ascii_lowercase())),
        "{sent}"
    );
    let text = log.text();
    let ours = text.lines().filter(|line| line.contains("leeward::http"));
    let ours: String = ours.collect::<Vec<_>>().join("\n");
    assert!(ours.contains("x-amz-security-token\": Sensitive"), "{ours}");
    assert!(ours.contains("x-of-a-new-service\": Sensitive"), "{ours}");
    assert!(
        ours.contains("x-amz-target\": \"TrentService.ListKeys\""),
        "{ours}"
    );
    assert!(ours.contains("?X-Amz-Signature=*&acl"), "{ours}");
    for secret in SECRETS {
        let secret = secret.to_ascii_lowercase();
        assert!(
            !ours.to_ascii_lowercase().contains(&secret),
            "{secret} in {ours}"
        );
    }
    for secret in &SECRETS[..8] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn an_attempt_is_a_span_that_names_the_call_and_its_answer() {
    if !crate::child::is_child() {
        crate::child::run(
            "http_traces::an_attempt_is_a_span_that_names_the_call_and_its_answer",
            &[],
        );
        return;
    }
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(Level::DEBUG)
        .with_writer(move || written.clone())
        .finish();
    let _subscribed = tracing::subscriber::set_default(subscriber);
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).with_credentials(credentials());
    list(&pool.build().await.unwrap()).await;
    let text = log.text();
    let answered = text
        .lines()
        .find(|line| line.contains("leeward::http") && line.contains("answered"));
    let line = answered.unwrap();
    for part in [
        "attempt{method=POST",
        "host=\"127.0.0.1\"",
        "attempt=\"attempt=1; max=3\"",
        "status=200",
        "aws_request_id=",
        "id=\"",
    ] {
        assert!(line.contains(part), "{part} not in {line}");
    }
}
