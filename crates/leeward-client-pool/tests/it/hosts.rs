//! Which host is asked, and for which Region the request is signed: FIPS, dual-stack, and services that are in one place.

use crate::{
    cloud::{EAST, credentials},
    wire::read_request,
};
use aws_sdk_kms::Client;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response};
use leeward_client_pool::{ClientRequest, HttpService, Pool, PoolBuilder, Role};
use leeward_error_taxonomy::Region;
use std::{
    convert::identity,
    future::ready,
    sync::{Arc, Mutex},
};
use tokio::{io::AsyncWriteExt, net::TcpListener, task::JoinSet};
use tower::{Service, layer::Layer, layer::layer_fn, service_fn};

#[cfg(any(feature = "costexplorer", feature = "s3"))]
const CENTRAL: Region = Region::from_static("eu-central-1");

/// Takes every request in the place of AWS, notes its host and its scope (`us-east-1/kms`), and refuses it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<(String, String)>>>);

impl Asked {
    pub(crate) async fn pool(&self, change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Pool {
        let pool = Pool::builder().without_proxy().without_guard();
        let pool = pool.with_credentials(credentials());
        change(pool.with_http_layer(self.layer()))
            .build()
            .await
            .unwrap()
    }

    fn layer(
        &self,
    ) -> impl Layer<
        HttpService,
        Service = impl Service<
            Request<SdkBody>,
            Response = Response<SdkBody>,
            Error = ConnectorError,
            Future: Send,
        > + Clone
                  + Send
                  + Sync
                  + 'static,
    > + Send
    + Sync
    + 'static {
        let asked = self.clone();
        layer_fn(move |_: HttpService| {
            let asked = asked.clone();
            service_fn(move |request: Request<SdkBody>| {
                asked.0.lock().unwrap().push(whom(&request));
                let mut refused = Response::new(SdkBody::empty());
                *refused.status_mut() = http::StatusCode::BAD_REQUEST;
                ready(Ok(refused))
            })
        })
    }

    /// Who was asked since the last look, each with the scope.
    pub(crate) fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    #[track_caller]
    pub(crate) fn was(&self, host: &str, scope: &str) {
        assert_eq!(self.take(), [(host.to_owned(), scope.to_owned())]);
    }
}

fn whom(request: &Request<SdkBody>) -> (String, String) {
    assert_eq!(request.uri().scheme_str(), Some("https"));
    let host = request.uri().host().unwrap().to_owned();
    let signature = request.headers()["authorization"].to_str().unwrap();
    // Credential=KEY/DATE/REGION/SERVICE/aws4_request, …
    let scope: Vec<_> = signature.split(['/', ',']).skip(2).take(2).collect();
    (host, scope.join("/"))
}

pub(crate) type Ask = fn(ClientRequest<'_, Client>) -> ClientRequest<'_, Client>;

pub(crate) const PLAIN: Ask = |ask| ask;

/// Lists the keys; what is told of it is whom that asked.
pub(crate) async fn list(pool: &Pool, ask: Ask) {
    let kms = ask(pool.client()).await.unwrap();
    kms.list_keys().send().await.unwrap_err();
}

/// The host of KMS in us-east-1, by FIPS and dual-stack.
pub(crate) const fn kms(fips: bool, dual_stack: bool) -> &'static str {
    match (fips, dual_stack) {
        (false, false) => "kms.us-east-1.amazonaws.com",
        (true, false) => "kms-fips.us-east-1.amazonaws.com",
        (false, true) => "kms.us-east-1.api.aws",
        (true, true) => "kms-fips.us-east-1.api.aws",
    }
}

const CHOICES: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

#[tokio::test]
async fn a_pool_asks_the_hosts_that_it_was_built_for() {
    for (fips, dual_stack) in CHOICES {
        let asked = Asked::default();
        let pool = asked.pool(|pool| {
            let pool = pool.with_region(EAST);
            pool.with_fips(fips).with_dual_stack(dual_stack)
        });
        list(&pool.await, PLAIN).await;
        asked.was(kms(fips, dual_stack), "us-east-1/kms");
    }
}

#[tokio::test]
async fn a_client_has_its_own_hosts() {
    let asked = Asked::default();
    let pool = asked.pool(|pool| pool.with_region(EAST).with_fips(false));
    let pool = pool.await;
    let asks: [Ask; 4] = [
        |ask| ask.with_fips(false),
        |ask| ask.with_fips(true),
        |ask| ask.with_dual_stack(true),
        |ask| ask.with_fips(true).with_dual_stack(true),
    ];
    for (ask, (fips, dual_stack)) in asks.into_iter().zip(CHOICES) {
        list(&pool, ask).await;
        asked.was(kms(fips, dual_stack), "us-east-1/kms");
    }
    assert_eq!(pool.len(), 4, "each of them a client of its own");
}

#[tokio::test]
async fn the_feature_makes_those_of_fips_the_default() {
    let asked = Asked::default();
    let pool = asked.pool(|pool| pool.with_region(EAST)).await;
    list(&pool, PLAIN).await;
    asked.was(kms(cfg!(feature = "fips"), false), "us-east-1/kms");
}

#[tokio::test]
async fn roles_are_assumed_at_the_hosts_of_the_pool() {
    let asked = Asked::default();
    let pool = asked.pool(|pool| {
        let pool = pool.with_region(EAST).with_sts_regions([]);
        pool.with_fips(true).with_dual_stack(true)
    });
    let role = Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
    let pool = pool.await;
    pool.client::<Client>().with_role(role).await.unwrap_err();
    let asked = asked.take();
    assert!(!asked.is_empty());
    for (host, scope) in asked {
        assert_eq!(
            (&*host, &*scope),
            ("sts-fips.us-east-1.api.aws", "us-east-1/sts")
        );
    }
}

#[cfg(feature = "s3")]
#[tokio::test]
async fn s3_puts_the_bucket_before_the_host() {
    for ((fips, dual_stack), host) in CHOICES.into_iter().zip([
        "ledger.s3.eu-central-1.amazonaws.com",
        "ledger.s3-fips.eu-central-1.amazonaws.com",
        "ledger.s3.dualstack.eu-central-1.amazonaws.com",
        "ledger.s3-fips.dualstack.eu-central-1.amazonaws.com",
    ]) {
        let asked = Asked::default();
        let pool = asked.pool(|pool| pool.with_region(EAST)).await;
        let ask = pool.client::<aws_sdk_s3::Client>();
        let ask = ask.with_region(CENTRAL);
        let s3 = ask.with_fips(fips).with_dual_stack(dual_stack);
        let s3 = s3.await.unwrap();
        let object = s3.get_object().bucket("ledger").key("2026/11");
        object.send().await.unwrap_err();
        asked.was(host, "eu-central-1/s3");
    }
}

#[cfg(feature = "costexplorer")]
#[tokio::test]
async fn costs_are_asked_for_where_they_are_kept() {
    async fn ask(pool: &Pool) {
        let costs: aws_sdk_costexplorer::Client = pool.client().await.unwrap();
        costs.get_tags().send().await.unwrap_err();
    }
    for home in [None, Some(EAST), Some(CENTRAL)] {
        let asked = Asked::default();
        let pool = asked.pool(|pool| {
            let pool = pool.with_fips(false);
            home.into_iter().fold(pool, PoolBuilder::with_region)
        });
        ask(&pool.await).await;
        asked.was("ce.us-east-1.amazonaws.com", "us-east-1/ce");
    }
}

/// Runs the test of this name again, knowing nothing of AWS but the Region and these variables.
#[track_caller]
pub(crate) fn again(test: &str, variables: &[(&str, &str)]) {
    let files = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_CONFIG_FILE", "/none"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
    ];
    // Those of the test come last, and count.
    crate::child::run(test, &[&files, variables].concat());
}

#[tokio::test]
async fn the_environment_chooses_the_hosts_unless_the_code_does() {
    if crate::child::is_child() {
        let asked = Asked::default();
        let pool = asked.pool(identity).await;
        list(&pool, PLAIN).await;
        asked.was(kms(true, true), "us-east-1/kms");
        list(&pool, |ask| ask.with_fips(false)).await;
        asked.was(kms(false, true), "us-east-1/kms");
        list(&pool, |ask| ask.with_dual_stack(false)).await;
        asked.was(kms(true, false), "us-east-1/kms");
        let pool = asked.pool(|pool| pool.with_fips(false).with_dual_stack(false));
        list(&pool.await, PLAIN).await;
        asked.was(kms(false, false), "us-east-1/kms");
        return;
    }
    again(
        "hosts::the_environment_chooses_the_hosts_unless_the_code_does",
        &[
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ],
    );
}

#[tokio::test]
async fn the_profile_chooses_the_hosts_where_the_environment_does_not() {
    if crate::child::is_child() {
        let asked = Asked::default();
        list(&asked.pool(identity).await, PLAIN).await;
        asked.was(kms(true, true), "us-east-1/kms");
        return;
    }
    let files = tempfile::tempdir().unwrap();
    let config = files.path().join("config");
    let profile = "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n";
    std::fs::write(&config, profile).unwrap();
    again(
        "hosts::the_profile_chooses_the_hosts_where_the_environment_does_not",
        &[("AWS_CONFIG_FILE", config.to_str().unwrap())],
    );
}

/// A proxy that is asked for tunnels and gives none.
async fn refusing_proxy() -> (String, Arc<Mutex<Vec<String>>>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, mut tasks) = (Arc::new(Mutex::new(Vec::new())), JoinSet::new());
    let seen = Arc::clone(&asked);
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(head) = read_request(&mut stream).await else {
                continue;
            };
            let line = head.lines().next().unwrap_or_default().to_owned();
            seen.lock().unwrap().push(line);
            let answer = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            // The child sees whatever comes of it.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, asked, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_opened_to_those_hosts() {
    if crate::child::is_child() {
        let pool = Pool::builder().with_credentials(credentials());
        let pool = pool.with_attempts(1).build().await.unwrap();
        list(&pool, PLAIN).await;
        list(&pool, |ask| ask.with_fips(false)).await;
        return;
    }
    let (url, asked, _tasks) = refusing_proxy().await;
    again(
        "hosts::connections_are_opened_to_those_hosts",
        &[("HTTPS_PROXY", &url), ("AWS_USE_FIPS_ENDPOINT", "true")],
    );
    let lines =
        [kms(true, false), kms(false, false)].map(|host| format!("connect {host}:443 http/1.1"));
    assert_eq!(*asked.lock().unwrap(), lines);
}
