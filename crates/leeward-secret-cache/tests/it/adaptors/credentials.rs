//! Logins by whatever is kept as credentials.

use super::vault::Vault;
use leeward_secret_cache::{
    CredentialSource, LoginError, NoCredentials, SecretCredentials, SecretErrorKind,
    UnreadableReason,
};
use std::{
    error::Error,
    sync::{Arc, Mutex},
};

#[derive(Debug, serde::Deserialize)]
struct Key {
    key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("wrong key")]
    Wrong,
    #[error("closed on sundays")]
    Closed,
}

/// Logs in where this key is taken; says which keys were tried.
async fn log_in(vault: &Vault, taken: &str) -> (Result<(), LoginError<Refusal>>, Vec<String>) {
    let credentials = SecretCredentials::<Key>::new(vault.secret());
    let tried = Arc::new(Mutex::new(Vec::new()));
    let login = |credentials: leeward_secret_cache::SecretJson<Key>| {
        let tried = tried.clone();
        async move {
            let key = credentials.key.clone();
            tried.lock().expect("no panic").push(key.clone());
            match key {
                _ if taken == "sundays" => Err(Refusal::Closed),
                key if key == taken => Ok(()),
                _ => Err(Refusal::Wrong),
            }
        }
    };
    let done = credentials
        .log_in(login, |error| *error == Refusal::Wrong)
        .await;
    let tried = tried.lock().expect("no panic").clone();
    (done, tried)
}

#[track_caller]
fn assert_wrong(done: Result<(), LoginError<Refusal>>) {
    let error = done.expect_err("a refusal");
    assert!(
        matches!(
            &error,
            LoginError::Refused {
                error: Refusal::Wrong,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_version_that_is_taken_logs_in() {
    let vault = Vault::new(r#"{"key":"old"}"#);
    let (done, tried) = log_in(&vault, "old").await;
    done.unwrap();
    assert_eq!(tried, ["old"]);
    vault.create(r#"{"key":"new"}"#);
    let (done, tried) = log_in(&vault, "new").await;
    done.unwrap();
    assert_eq!(tried, ["old", "new"]);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_filled_in_yet_is_passed_over() {
    let vault = Vault::new(r#"{"key":"old"}"#);
    vault.create("{}");
    let (done, tried) = log_in(&vault, "new").await;
    assert_eq!(tried, ["old"]);
    // What the login said, not what is wrong with a version that nobody has written yet.
    assert_wrong(done);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_such_json_is_no_credentials() {
    let vault = Vault::new(r#"{"token":"hunter2"}"#);
    let (done, tried) = log_in(&vault, "old").await;
    let LoginError::NoCredentials(NoCredentials::Unreadable(error)) = done.unwrap_err() else {
        panic!("another error");
    };
    assert!(matches!(error.reason(), UnreadableReason::NoField { field, .. } if field == "key"));
    assert!(tried.is_empty());
    let credentials = SecretCredentials::<Key>::new(vault.secret());
    credentials.current().await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_not_to_be_had_says_why() {
    let (done, tried) = log_in(&Vault::default(), "old").await;
    let error = done.unwrap_err();
    assert_eq!(error.to_string(), "there are no credentials to log in with");
    let source = error.source().unwrap().to_string();
    assert!(source.starts_with("secret db: "), "{source}");
    let LoginError::NoCredentials(NoCredentials::Secret(error)) = error else {
        panic!("{error}");
    };
    assert_eq!(error.kind().as_str(), SecretErrorKind::NotFound.as_str());
    assert!(tried.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_login_that_was_refused_says_which_versions_were_tried() {
    let vault = Vault::new(r#"{"key":"old"}"#);
    vault.create(r#"{"key":"pending"}"#);
    let (done, tried) = log_in(&vault, "new").await;
    assert_eq!(tried, ["old", "pending"]);
    let error = done.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the login was refused, in 2 logins within ")
    );
    let LoginError::Refused { tried, .. } = error else {
        panic!("{error}");
    };
    let stages = tried.unwrap();
    let stages = stages.logins().iter().flat_map(|login| &login.stages);
    assert_eq!(stages.collect::<Vec<_>>(), ["AWSCURRENT", "AWSPENDING"]);
    // Of another source.
    let error = LoginError::refused(Refusal::Wrong);
    assert_eq!(error.to_string(), "the login was refused");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_otherwise_is_not_tried_again() {
    let vault = Vault::new(r#"{"key":"old"}"#);
    let (done, tried) = log_in(&vault, "sundays").await;
    assert!(matches!(
        done.unwrap_err(),
        LoginError::Failed(Refusal::Closed)
    ));
    assert_eq!(tried.len(), 1);
    let (done, _) = log_in(&vault, "new").await;
    assert_wrong(done);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_read_and_not_printed() {
    let vault = Vault::new(r#"{"key":"hunter2"}"#);
    let credentials = SecretCredentials::<Key>::new(vault.secret());
    let current = credentials.current().await.unwrap();
    assert_eq!(current.key, "hunter2");
    let printed = format!("{credentials:?} {current:?}");
    assert!(!printed.contains("hunter"), "{printed}");
}
