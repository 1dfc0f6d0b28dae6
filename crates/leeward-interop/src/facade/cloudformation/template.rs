//! Templates that are read, and where they come from.

use super::{Site, cloud, refused, spec, topic};
use crate::ministack::{Case, Trouble, same};
use aws_sdk_cloudformation::types::Capability;
use leeward_cloudformation::{Template, Validation};
use leeward_error_taxonomy::Stage;
use serde_json::json;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a template that is right says what it asks for", |site| {
            Box::pin(right(site))
        }),
        Case::new("a template that is wrong says where", |site| {
            Box::pin(wrong(site))
        }),
        Case::new("a template comes from S3", |site| Box::pin(url(site))),
        Case::new("a template that is too long is not sent", |site| {
            Box::pin(long(site))
        }),
        Case::new("parameters are given to a template", |site| {
            Box::pin(parameters(site))
        }),
    ]
}

async fn right(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let policy = json!({"Version": "2012-10-17", "Statement": []});
    let template = json!({
        "Description": "orders",
        "Parameters": {"Secret": {"Type": "String", "NoEcho": true, "Default": "none"}},
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": "named", "AssumeRolePolicyDocument": policy},
            },
        },
    });
    let Validation::Valid(valid) = cloud.validate(&Template::from(template)).await? else {
        return Err("it is refused".into());
    };
    same("description", valid.description.as_deref(), Some("orders"))?;
    let [parameter] = &valid.parameters[..] else {
        return Err(format!("not one parameter: {valid:?}").into());
    };
    same(
        "parameter",
        (&*parameter.key, parameter.is_secret),
        ("Secret", true),
    )?;
    same(
        "leave",
        &valid.capabilities[..],
        &[Capability::CapabilityNamedIam][..],
    )?;
    same(
        "a reason is told",
        valid.capabilities_reason.is_some(),
        true,
    )
}

async fn wrong(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let text = "Resources:\n  Topic:\n    Type: [\n";
    let Validation::Invalid(wrong) = cloud.validate(&Template::text(text)).await? else {
        return Err("it is taken".into());
    };
    let position = wrong
        .position
        .ok_or_else(|| format!("no position: {wrong}"))?;
    same(&wrong.message, position.line >= 3, true)?;
    let Validation::Invalid(empty) = cloud.validate(&Template::text("{}")).await? else {
        return Err("nothing is taken".into());
    };
    same(&empty.message, empty.position.is_none(), true)
}

async fn url(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let s3 = site.sdk::<aws_sdk_s3::Client>().await?;
    s3.create_bucket().bucket("cfn-templates").send().await?;
    let put = s3.put_object().bucket("cfn-templates").key("topic.json");
    put.body(topic().to_string().into_bytes().into())
        .send()
        .await?;
    let template = Template::url("https://s3.us-east-1.amazonaws.com/cfn-templates/topic.json");
    let Validation::Valid(_) = cloud.validate(&template).await? else {
        return Err("it is refused".into());
    };
    let stack = cloud.create(&spec("from-s3", template)?, |_| ()).await?;
    let resources = cloud.resources(&stack.id).collect_up_to(10).await?.items;
    same("resources", resources.len(), 1)
}

async fn long(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let long = spec("long", Template::text(" ".repeat(51_201)))?;
    let error = refused(cloud.create(&long, |_| ()).await, "a long template")?;
    same("stage", error.stage(), Stage::NotSent)?;
    same("there", cloud.stack_exists(long.name()).await?, false)
}

async fn parameters(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let template = json!({
        "Parameters": {"Stage": {"Type": "String"}, "Team": {"Type": "String", "Default": "none"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Stage": {"Value": {"Ref": "Stage"}}, "Team": {"Value": {"Ref": "Team"}}},
    });
    let first = spec("parameters", template)?.with_parameter("Stage", "test");
    let stack = cloud.create(&first, |_| ()).await?;
    same("given", stack.outputs.require("Stage")?, "test")?;
    let second = spec("parameters", Template::previous())?
        .with_previous_parameter("Stage")
        .with_parameter("Team", "orders");
    cloud.update(&second, |_| ()).await?;
    let stack = cloud.stack(&stack.id).await?.ok_or("it is gone")?;
    same("left", stack.outputs.require("Stage")?, "test")?;
    same("set", stack.outputs.require("Team")?, "orders")?;
    same(
        "parameter",
        stack.parameters.get("Team").map(String::as_str),
        Some("orders"),
    )
}
