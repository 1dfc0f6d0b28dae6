use super::site::Site;
use crate::ministack::{Case, Lacking, Trouble, same, there};
use aws_sdk_iam::{Client, types::Tag};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, OperationName, Stage, Verdict};
use leeward_iam::{Effect, Iam, PolicyFilter, PolicySummary, Simulation};
use serde_json::{Value, json};
use std::{collections::BTreeMap, error::Error, fmt};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a role of IAM is there or not, and described", |site| {
            Box::pin(role(site))
        }),
        Case::new("120 roles of IAM are listed by their path", |site| {
            Box::pin(list(site))
        }),
        Case::new("policies in a role of IAM are decoded", |site| {
            Box::pin(inline(site))
        }),
        Case::new("policies of IAM are attached, listed and read", |site| {
            Box::pin(managed(site))
        }),
        Case::new("IAM says what a role may do, by its session too", |site| {
            Box::pin(simulate(site))
        }),
        Case::new("IAM explains a denied call of another service", |site| {
            Box::pin(explain(site))
        }),
        Case::gap("IAM names the statement that denies", |site| {
            Box::pin(statement(site))
        }),
    ]
}

async fn iam(site: &Site) -> Result<Iam, Trouble> {
    Ok(Iam::new(site.pool.caller().await?))
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn trust() -> Value {
    let principal = json!({"Service": "lambda.amazonaws.com"});
    policy(&[json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})])
}

/// With a blank, a plus, a percent sign and a letter beyond ASCII.
fn read() -> Value {
    let resource = ["arn:aws:s3:::ledger/*", "arn:aws:s3:::a+b/100%/é"];
    policy(&[
        json!({"Sid": "Read all", "Effect": "Allow", "Action": "s3:*", "Resource": resource}),
        json!({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}),
    ])
}

async fn create(client: &Client, path: &str, name: &str) -> Result<String, Trouble> {
    let create = client.create_role().role_name(name).path(path);
    let create = create.assume_role_policy_document(trust().to_string());
    let tag = Tag::builder().key("team").value("ledger").build()?;
    let create = create.description("for a case").tags(tag);
    Ok(there(create.send().await?.role)?.arn)
}

/// A role with a policy in it; gives its ARN.
async fn reader(client: &Client, name: &str) -> Result<String, Trouble> {
    let arn = create(client, "/", name).await?;
    let put = client.put_role_policy().role_name(name).policy_name("read");
    put.policy_document(read().to_string()).send().await?;
    Ok(arn)
}

async fn role(site: &Site) -> Result<(), Trouble> {
    let iam = iam(site).await?;
    let arn = create(&site.sdk().await?, "/cases/", "described").await?;
    let (ours, nobodys) = ("described".parse()?, "nobodys".parse()?);
    same("there", iam.role_exists(&ours).await?, true)?;
    same("not there", iam.role_exists(&nobodys).await?, false)?;
    same("nobody", iam.describe_role(&nobodys).await?, None)?;
    let role = there(iam.describe_role(&ours).await?)?;
    same("ARN", role.arn, arn)?;
    same("path", &*role.path, "/cases/")?;
    same(
        "description",
        role.description.as_deref(),
        Some("for a case"),
    )?;
    same("trust", role.trust_policy, Some(trust()))?;
    let tags = BTreeMap::from([("team".to_owned(), "ledger".to_owned())]);
    same("tags", role.tags, tags)
}

async fn list(site: &Site) -> Result<(), Trouble> {
    let iam = iam(site).await?;
    let client = site.sdk().await?;
    for number in 0..120 {
        let name = format!("listed-{number:03}");
        create(&client, "/listed/", &name).await?;
    }
    let listed = iam.list_roles(Some("/listed/".parse()?));
    let listed = listed.collect_up_to(1_000).await?.items;
    let names: Vec<_> = listed.into_iter().map(|role| role.name).collect();
    let expected: Vec<_> = (0..120)
        .map(|number| format!("listed-{number:03}"))
        .collect();
    same("roles", names, expected)
}

async fn inline(site: &Site) -> Result<(), Trouble> {
    let iam = iam(site).await?;
    reader(&site.sdk().await?, "inline").await?;
    let role: leeward_iam::RoleName = "inline".parse()?;
    let listed = iam
        .inline_policies(role.clone())
        .collect_up_to(10)
        .await?
        .items;
    let listed: Vec<_> = listed
        .into_iter()
        .map(|of| (of.name, of.document))
        .collect();
    same("policies", listed, vec![("read".to_owned(), read())])?;
    same(
        "one",
        iam.inline_policy(&role, &"read".parse()?).await?,
        Some(read()),
    )?;
    same(
        "none",
        iam.inline_policy(&role, &"write".parse()?).await?,
        None,
    )?;
    let of_nobody = there(iam.inline_policies("nobodys".parse()?).next().await)?;
    let category = of_nobody.map_err(|error| error.category());
    same("nobody", category, Err(Category::NotFound))
}

async fn managed(site: &Site) -> Result<(), Trouble> {
    let iam = iam(site).await?;
    let client: Client = site.sdk().await?;
    create(&client, "/", "managed").await?;
    let make = client.create_policy().policy_name("shared").path("/cases/");
    let made = make.policy_document(read().to_string()).send().await?;
    let arn = there(there(made.policy)?.arn)?;
    let attach = client.attach_role_policy().role_name("managed");
    attach.policy_arn(&arn).send().await?;
    let attached = iam
        .attached_policies("managed".parse()?)
        .collect_up_to(10)
        .await?;
    let attached: Vec<_> = attached
        .items
        .into_iter()
        .map(|policy| policy.arn)
        .collect();
    same("attached", attached, vec![arn.clone()])?;
    let ours = PolicyFilter::of_the_account().with_path_prefix("/cases/".parse()?);
    let listed = iam.list_policies(ours).collect_up_to(10).await?.items;
    let listed: Vec<_> = listed.into_iter().map(|policy| policy.arn).collect();
    same("listed", listed, vec![arn.clone()])?;
    let of_aws = iam.list_policies(PolicyFilter::of_aws());
    let of_aws = of_aws.collect_up_to(100).await?.items;
    let is_of_aws = |policy: &PolicySummary| policy.arn.starts_with("arn:aws:iam::aws:policy/");
    same("of AWS", of_aws.iter().all(is_of_aws), true)?;
    same("of AWS", of_aws.is_empty(), false)?;
    same(
        "document",
        iam.policy_document(&arn.parse()?).await?,
        Some(read()),
    )?;
    let none = "arn:aws:iam::000000000000:policy/none".parse()?;
    same("no policy", iam.policy_document(&none).await?, None)
}

async fn simulate(site: &Site) -> Result<(), Trouble> {
    let iam = iam(site).await?;
    let arn = reader(&site.sdk().await?, "simulated").await?;
    let session = "arn:aws:sts::000000000000:assumed-role/simulated/i-1";
    for principal in [&*arn, session] {
        let simulation = Simulation::of(principal.parse()?, "s3:GetObject".parse()?)
            .with_action("s3:DeleteObject".parse()?)
            .with_action("kms:Decrypt".parse()?)
            .with_resource("arn:aws:s3:::ledger/2026".parse()?);
        let decisions = iam.simulate(simulation).await?;
        let effects: Vec<_> = decisions
            .into_iter()
            .map(|decision| decision.effect)
            .collect();
        let none = Vec::new;
        let expected = [
            Effect::Allowed(none()),
            Effect::ExplicitlyDenied(none()),
            Effect::ImplicitlyDenied,
        ];
        same("effects", effects, expected.to_vec())?;
    }
    let (action, resource) = ("s3:GetObject".parse()?, "arn:aws:s3:::other/1".parse()?);
    let decision = iam.may(&arn.parse()?, &action, &resource).await?;
    same("another bucket", decision.effect, Effect::ImplicitlyDenied)
}

/// What S3 answers where it says no more: the emulator denies nobody.
#[derive(Debug)]
struct AccessDenied;

impl fmt::Display for AccessDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("access denied")
    }
}

impl Error for AccessDenied {}

impl Classify for AccessDenied {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Authorization, Verdict::Final)
    }
}

async fn explain(site: &Site) -> Result<(), Trouble> {
    let iam = iam(site).await?;
    let arn = reader(&site.sdk().await?, "explained").await?;
    let principal = arn.parse()?;
    let denied = AwsError::new(AccessDenied).with_operation(OperationName::new("s3", "HeadObject"));
    for (resource, expected) in [
        (
            "arn:aws:s3:::other/1",
            "s3:GetObject on arn:aws:s3:::other/1 is allowed by no policy of the principal; allow s3:GetObject in an identity policy of the principal",
        ),
        (
            "arn:aws:s3:::ledger/1",
            "s3:GetObject on arn:aws:s3:::ledger/1 is allowed; look at what the simulator does not: the resource's own policy, the policy of the session, resource control policies, and that of a VPC endpoint",
        ),
    ] {
        let resource = resource.parse()?;
        let explained = iam.explain_denial(&denied, &principal, Some(&resource));
        let explained = there(explained.await?)?;
        same(
            "explanation",
            explained.to_string(),
            format!("of {arn}: {expected}"),
        )?;
    }
    let other = "arn:aws:s3:::other/1".parse()?;
    let advised = iam.advise(denied, &principal, Some(&other)).await;
    let advice = advised.advice().to_string();
    let is_told = advice.contains("is allowed by no policy of the principal");
    same(&advice, is_told, true)
}

async fn statement(site: &Site) -> Result<(), Trouble> {
    let iam = iam(site).await?;
    let client: Client = site.sdk().await?;
    let arn = reader(&client, "stated").await?;
    let plain = client.simulate_principal_policy().policy_source_arn(&arn);
    let plain = plain.action_names("s3:DeleteObject").send().await?;
    let results = plain.evaluation_results();
    if results
        .iter()
        .all(|result| result.matched_statements().is_empty())
    {
        return Err(Lacking("it names no statement in a simulation").into());
    }
    let action = "s3:DeleteObject".parse()?;
    let decision = iam.may(&arn.parse()?, &action, &"*".parse()?).await?;
    match decision.effect {
        Effect::ExplicitlyDenied(by) => same("statements", by.len(), 1),
        other => Err(format!("{other:?}").into()),
    }
}
