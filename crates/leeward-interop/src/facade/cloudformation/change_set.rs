//! Changes that are looked through before they are made.

use super::{Site, archive, cloud, failed, hopeless, refused, spec, topic};
use crate::ministack::{Case, Trouble, same};
use aws_sdk_cloudformation::types::StackStatus;
use leeward_cloudformation::{
    ChangeSet, ChangeSetName, CloudFormation, Proposed, StackName, StackSpec,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a stack is made by a change set", |site| {
            Box::pin(make(site))
        }),
        Case::new("a change set is read as a diff, and executed", |site| {
            Box::pin(change(site))
        }),
        Case::new("a change set without changes leaves nothing", |site| {
            Box::pin(unchanged(site))
        }),
        Case::new("a change set is listed and dropped", |site| {
            Box::pin(drop_one(site))
        }),
        Case::new("a change set that fails in execution says why", |site| {
            Box::pin(fail(site))
        }),
    ]
}

async fn proposed(
    cloud: &CloudFormation,
    spec: &StackSpec,
    name: &ChangeSetName,
) -> Result<ChangeSet, Trouble> {
    match cloud.create_change_set(spec, name, |_, _| ()).await? {
        Proposed::Changes(changes) => Ok(*changes),
        _ => Err("there is nothing to do".into()),
    }
}

async fn make(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let (stack, name): (StackName, ChangeSetName) = ("proposed".parse()?, "first".parse()?);
    let changes = proposed(&cloud, &spec("proposed", archive("cfn-proposed"))?, &name).await?;
    let text = changes.to_string();
    let head = "change set first of stack proposed\n";
    same(&text, text.starts_with(head), true)?;
    for line in [
        "\n+ Archive (AWS::S3::Bucket)",
        "\n+ Queue (AWS::SQS::Queue)",
    ] {
        same(&text, text.contains(line), true)?;
    }
    same(
        "there, without resources",
        cloud.stack_exists(&stack).await?,
        true,
    )?;
    let mut told = Vec::new();
    let made = cloud
        .execute_change_set(&stack, &name, |event| told.push(event.clone()))
        .await?;
    same("state", &made.status, &StackStatus::CreateComplete)?;
    same(
        "output",
        made.outputs.require("BucketName")?,
        "cfn-proposed",
    )?;
    let last = told.last().ok_or("no event")?;
    same(
        "last event",
        (last.is_of_stack(), last.status.as_str()),
        (true, "CREATE_COMPLETE"),
    )
}

async fn change(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    cloud
        .create(&spec("diff", archive("cfn-diff"))?, |_| ())
        .await?;
    let mut template = archive("cfn-diff-2");
    let resources = template["Resources"]
        .as_object_mut()
        .ok_or("no resources")?;
    resources.remove("Queue");
    resources.insert("Topic".to_owned(), json!({"Type": "AWS::SNS::Topic"}));
    let name: ChangeSetName = "other".parse()?;
    let stack: StackName = "diff".parse()?;
    let changes = proposed(&cloud, &spec("diff", template)?, &name).await?;
    let text = changes.to_string();
    for line in [
        "Archive (AWS::S3::Bucket) ",
        " replaced\n    BucketName",
        "\n- Queue (AWS::SQS::Queue)",
        "\n+ Topic (AWS::SNS::Topic)",
    ] {
        same(&text, text.contains(line), true)?;
    }
    let found = cloud
        .change_set(&stack, &name)
        .await?
        .ok_or("it is not found")?;
    same("found", found.to_string(), text)?;
    let changed = cloud.execute_change_set(&stack, &name, |_| ()).await?;
    same("state", &changed.status, &StackStatus::UpdateComplete)?;
    same(
        "output",
        changed.outputs.require("BucketName")?,
        "cfn-diff-2",
    )
}

async fn unchanged(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let name: ChangeSetName = "nothing".parse()?;
    let spec = spec("still", archive("cfn-still"))?;
    let stack = cloud.create(&spec, |_| ()).await?;
    let proposed = cloud.create_change_set(&spec, &name, |_, _| ()).await?;
    let Proposed::Unchanged = proposed else {
        return Err("it has changes".into());
    };
    same(
        "left",
        cloud.change_set(&stack.id, &name).await?.is_none(),
        true,
    )?;
    let left = cloud.change_sets(&stack.id).collect_up_to(10).await?.items;
    same("listed", left.len(), 0)
}

async fn drop_one(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let (stack, name): (StackName, ChangeSetName) = ("undecided".parse()?, "maybe".parse()?);
    same(
        "before",
        cloud.change_set(&stack, &name).await?.is_none(),
        true,
    )?;
    proposed(&cloud, &spec("undecided", topic())?, &name).await?;
    let listed = cloud.change_sets(&stack).collect_up_to(10).await?.items;
    let sets: Vec<_> = listed
        .iter()
        .map(|set| (&*set.name, set.status.as_str()))
        .collect();
    same("listed", sets, [("maybe", "CREATE_COMPLETE")])?;
    cloud.drop_change_set(&stack, &name).await?;
    same(
        "after",
        cloud.change_set(&stack, &name).await?.is_none(),
        true,
    )?;
    let error = refused(
        cloud.execute_change_set(&stack, &name, |_| ()).await,
        "what was dropped",
    )?;
    same("code", error.code(), Some("ChangeSetNotFound"))?;
    same(
        "the empty stack is deleted",
        cloud.delete(&stack, |_| ()).await?,
        true,
    )
}

async fn fail(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let (stack, name): (StackName, ChangeSetName) = ("proposed-badly".parse()?, "bad".parse()?);
    proposed(&cloud, &spec("proposed-badly", hopeless())?, &name).await?;
    let executed = cloud.execute_change_set(&stack, &name, |_| ()).await;
    let error = refused(executed, "what is hopeless")?;
    let event = failed(&error)?
        .failure
        .as_ref()
        .ok_or("no failure is told")?;
    same("resource", &*event.logical_id, "Signal")
}
