mod archive;

use super::site::Site;
use crate::ministack::{Case, Trouble, same, soon, there};
use aws_sdk_lambda::{
    Client,
    primitives::Blob,
    types::{FunctionCode, Runtime},
};
use leeward_error_taxonomy::{Category, Stage};
use leeward_lambda::{FunctionError, Invocation, Invoked, Lambda};
use serde_json::{Value, json};
use std::{fs, time::Duration};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new(
            "a Lambda function is there or not, as are its versions and aliases",
            |site| Box::pin(exists(site)),
        ),
        Case::new("a Lambda function is described", |site| {
            Box::pin(describe(site))
        }),
        Case::new("60 Lambda functions are listed by pages", |site| {
            Box::pin(list(site))
        }),
        Case::new("a Lambda function is invoked with its log", |site| {
            Box::pin(invoke(site))
        }),
        Case::new("a Lambda function that throws is no failed call", |site| {
            Box::pin(throws(site))
        }),
        Case::new("a Lambda function that runs out of time says so", |site| {
            Box::pin(out_of_time(site))
        }),
        Case::new(
            "a Lambda function takes an event that nobody waits for",
            |site| Box::pin(event(site)),
        ),
        Case::new("a Lambda function is not run dry", |site| {
            Box::pin(dry(site))
        }),
    ]
}

const HANDLER: &str = r#"
import time

def handle(event, context):
    print("handled")
    if "throw" in event:
        raise ValueError(event["throw"])
    time.sleep(event.get("seconds", 0))
    if "note" in event:
        with open(event["note"], "a") as file:
            file.write("ran\n")
    return {"got": event}
"#;

async fn lambda(site: &Site) -> Result<Lambda, Trouble> {
    Ok(Lambda::new(site.pool.caller().await?))
}

async fn create(client: &Client, name: &str) -> Result<(), Trouble> {
    let archive = archive::of("main.py", HANDLER.as_bytes());
    let code = FunctionCode::builder().zip_file(Blob::new(archive)).build();
    let create = client.create_function().function_name(name).code(code);
    create
        .role("arn:aws:iam::000000000000:role/app")
        .runtime(Runtime::Python312)
        .handler("main.handle")
        .timeout(1)
        .description("for a case")
        .send()
        .await?;
    Ok(())
}

async fn made(site: &Site, name: &str) -> Result<(Lambda, Invocation), Trouble> {
    let lambda = lambda(site).await?;
    create(&site.sdk().await?, name).await?;
    Ok((lambda, Invocation::of(name.parse()?)))
}

async fn exists(site: &Site) -> Result<(), Trouble> {
    let (lambda, _) = made(site, "exists").await?;
    let client: Client = site.sdk().await?;
    let publish = client.publish_version().function_name("exists");
    let version = there(publish.send().await?.version)?;
    let alias = client.create_alias().function_name("exists").name("live");
    alias.function_version(&version).send().await?;
    for (name, is_there) in [
        ("exists", true),
        ("exists:live", true),
        ("exists:dead", false),
        ("nobodys", false),
        (
            "arn:aws:lambda:us-east-1:000000000000:function:exists",
            true,
        ),
    ] {
        same(
            name,
            lambda.function_exists(&name.parse()?).await?,
            is_there,
        )?;
    }
    Ok(())
}

async fn describe(site: &Site) -> Result<(), Trouble> {
    let (lambda, _) = made(site, "described").await?;
    let described = there(lambda.describe(&"described".parse()?).await?)?;
    same("name", &*described.name, "described")?;
    same("runtime", described.runtime.as_deref(), Some("python3.12"))?;
    same("timeout", described.timeout, Some(Duration::from_secs(1)))?;
    same(
        "description",
        described.description.as_deref(),
        Some("for a case"),
    )?;
    same("changed", described.last_modified.is_some(), true)?;
    same("architectures", described.architectures, vec!["x86_64"])?;
    same("nobody", lambda.describe(&"nobodys".parse()?).await?, None)
}

async fn list(site: &Site) -> Result<(), Trouble> {
    let lambda = lambda(site).await?;
    let client = site.sdk().await?;
    for number in 0..60 {
        create(&client, &format!("listed-{number:02}")).await?;
    }
    let listed = lambda.list().filter_map(|function| {
        let is_ours = function.name.starts_with("listed-");
        is_ours.then_some(function.name)
    });
    let listed = listed.collect_up_to(1_000).await?.items;
    let expected: Vec<_> = (0..60)
        .map(|number| format!("listed-{number:02}"))
        .collect();
    same("functions", listed, expected)
}

async fn invoke(site: &Site) -> Result<(), Trouble> {
    let (lambda, invocation) = made(site, "invoked").await?;
    let with_log = invocation.clone().with_log_tail();
    let invoked: Invoked<Value> = lambda.invoke(&with_log, &json!({"id": 7})).await?;
    same("version", invoked.version.as_deref(), Some("$LATEST"))?;
    let log = there(invoked.log_tail.clone())?;
    same(
        "the log has what was printed",
        log.contains("handled"),
        true,
    )?;
    same("output", invoked.into_output()?, json!({"got": {"id": 7}}))?;
    let without: Invoked<Value> = lambda.invoke(&invocation, &json!({})).await?;
    same("no log", without.log_tail, None)?;
    let absent = Invocation::of("nobodys".parse()?);
    let error = lambda.invoke::<_, Value>(&absent, &json!({})).await;
    same(
        "nobody",
        error.map_err(|error| error.category()),
        Err(Category::NotFound),
    )
}

/// How the function failed.
fn failed(invoked: Invoked<Value>) -> Result<FunctionError, Trouble> {
    there(invoked.outcome.err())
}

async fn throws(site: &Site) -> Result<(), Trouble> {
    let (lambda, invocation) = made(site, "throws").await?;
    let invoked = lambda
        .invoke(&invocation, &json!({"throw": "no such order"}))
        .await?;
    let failed = failed(invoked)?;
    same("message", failed.message.as_deref(), Some("no such order"))?;
    same("handled", failed.is_handled, false)?;
    same("timeout", failed.is_timeout(), false)
}

async fn out_of_time(site: &Site) -> Result<(), Trouble> {
    let (lambda, invocation) = made(site, "slow").await?;
    let failed = failed(lambda.invoke(&invocation, &json!({"seconds": 30})).await?)?;
    same("timeout", failed.is_timeout(), true)
}

async fn event(site: &Site) -> Result<(), Trouble> {
    let (lambda, invocation) = made(site, "event").await?;
    let folder = tempfile::tempdir()?;
    let note = folder.path().join("note");
    lambda
        .send_event(&invocation, &json!({"note": note}))
        .await?;
    // Nobody says when an event was worked on.
    let has_run = || fs::read_to_string(&note).is_ok_and(|text| !text.is_empty());
    soon("the function has run", has_run).await?;
    same("its note", fs::read_to_string(&note)?, "ran\n")?;
    let large = "x".repeat(leeward_lambda::MAX_EVENT_PAYLOAD);
    let refused = lambda.send_event(&invocation, &large).await;
    same(
        "too large",
        refused.map_err(|error| error.stage()),
        Err(Stage::NotSent),
    )
}

async fn dry(site: &Site) -> Result<(), Trouble> {
    let (lambda, invocation) = made(site, "dry").await?;
    lambda.dry_run(&invocation).await?;
    let absent = invocation.with_qualifier("dead".parse()?);
    let refused = lambda.dry_run(&absent).await;
    same(
        "no such alias",
        refused.map_err(|error| error.category()),
        Err(Category::NotFound),
    )
}
