//! Stacks that are made, changed, deleted and looked at.

use super::{Site, archive, cloud, cloud_of, failed, hopeless, refused, spec, topic};
use crate::ministack::{Case, Lacking, Trouble, same};
use aws_sdk_cloudformation::types::{Capability, StackStatus};
use leeward_cloudformation::{Rollback, StackId, StackName, Template, Updated};
use leeward_error_taxonomy::Category;
use leeward_resilience::{WaitTimedOut, Waiter};
use serde_json::json;
use std::time::Duration;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a stack is made, and its outputs are there", |site| {
            Box::pin(make(site))
        }),
        Case::new("a stack that fails is rolled back, and says why", |site| {
            Box::pin(fail(site))
        }),
        Case::new("a bucket whose name is taken is named", |site| {
            Box::pin(taken(site))
        }),
        Case::gap("a failure in a nested stack is found", |site| {
            Box::pin(nested(site))
        }),
        Case::new("a stack is updated, or was as it is to be", |site| {
            Box::pin(update(site))
        }),
        Case::new(
            "an update that fails is rolled back, and says why",
            |site| Box::pin(fail_to_update(site)),
        ),
        Case::new("a stack is deleted, once", |site| Box::pin(delete(site))),
        Case::new("a stack that is protected is not deleted", |site| {
            Box::pin(protect(site))
        }),
        Case::new("a wait that has ended or was dropped is taken up", |site| {
            Box::pin(wait(site))
        }),
        Case::gap("roles are made by leave only", |site| Box::pin(leave(site))),
        Case::gap(
            "a stack that is made again by its token is the same",
            |site| Box::pin(again(site)),
        ),
        Case::new("a stack is there or not", |site| Box::pin(exist(site))),
        Case::new("110 stacks are listed by their state", |site| {
            Box::pin(list(site))
        }),
        Case::new("130 resources are listed", |site| Box::pin(resources(site))),
    ]
}

async fn make(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let spec = spec("make", archive("cfn-make"))?.with_tag("team", "orders");
    let mut events = Vec::new();
    let stack = cloud
        .create(&spec, |event| events.push(event.clone()))
        .await?;
    same("state", &stack.status, &StackStatus::CreateComplete)?;
    same("output", stack.outputs.require("BucketName")?, "cfn-make")?;
    let none = stack
        .outputs
        .require("TopicArn")
        .map_err(|none| none.to_string());
    let told = "the stack has no output TopicArn; it has BucketName";
    same("no output", none, Err(told.to_owned()))?;
    same(
        "tag",
        stack.tags.get("team").map(String::as_str),
        Some("orders"),
    )?;
    let order: Vec<_> = events
        .iter()
        .map(|event| (&*event.logical_id, event.status.as_str()))
        .collect();
    let expected = [
        ("make", "CREATE_IN_PROGRESS"),
        ("Archive", "CREATE_IN_PROGRESS"),
        ("Archive", "CREATE_COMPLETE"),
        ("Queue", "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_COMPLETE"),
        ("make", "CREATE_COMPLETE"),
    ];
    // The same state may be told of twice, for it is told how far it is.
    let mut distinct = order.clone();
    distinct.dedup();
    same("events", distinct, expected)?;
    let mut ids: Vec<_> = events.iter().map(|event| &event.id).collect();
    ids.sort();
    ids.dedup();
    same("events that came once", ids.len(), events.len())?;
    let tokens = events.iter().all(|event| {
        event
            .token
            .as_deref()
            .is_some_and(|t| t.starts_with("leeward-"))
    });
    same("events of our token", tokens, true)
}

async fn fail(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let error = refused(
        cloud.create(&spec("fail", hopeless())?, |_| ()).await,
        "a stack",
    )?;
    let failure = failed(&error)?;
    same("state", &failure.status, &StackStatus::RollbackComplete)?;
    same("rollback", failure.rollback, Rollback::Done)?;
    let text = error.to_string();
    let begins = "stack fail came to ROLLBACK_COMPLETE: Signal (AWS::CloudFormation::WaitCondition) CREATE_FAILED: ";
    same(&text, text.starts_with(begins), true)?;
    same(&text, text.contains("; what was done is undone"), true)?;
    // It says so again to whoever asks later.
    let later = refused(cloud.wait(&failure.id, |_| ()).await, "a wait")?;
    same("why, later", later.to_string(), text)?;
    let name: StackName = "fail".parse()?;
    same("deleted", cloud.delete(&name, |_| ()).await?, true)
}

async fn taken(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let s3 = site.sdk::<aws_sdk_s3::Client>().await?;
    s3.create_bucket().bucket("cfn-taken").send().await?;
    let made = cloud
        .create(&spec("taken", archive("cfn-taken"))?, |_| ())
        .await;
    let error = refused(made, "a stack")?;
    let failure = failed(&error)?;
    let event = failure.failure.as_ref().ok_or("no failure is told")?;
    same(&error.to_string(), &*event.logical_id, "Archive")?;
    same("rollback", failure.rollback, Rollback::Done)
}

async fn nested(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let s3 = site.sdk::<aws_sdk_s3::Client>().await?;
    s3.create_bucket().bucket("cfn-nested").send().await?;
    let put = s3.put_object().bucket("cfn-nested").key("hopeless.json");
    put.body(hopeless().to_string().into_bytes().into())
        .send()
        .await?;
    let url = "https://s3.us-east-1.amazonaws.com/cfn-nested/hopeless.json";
    let outer = json!({
        "Resources": {
            "Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}},
        },
    });
    let made = cloud.create(&spec("nested", outer)?, |_| ()).await;
    let error = refused(made, "a stack")?;
    let event = failed(&error)?
        .failure
        .as_ref()
        .ok_or("no failure is told")?;
    if event.logical_id == "Inner" && event.physical_id.is_none() {
        return Err(Lacking("it does not tell which nested stack failed").into());
    }
    same(&error.to_string(), &*event.logical_id, "Signal")
}

async fn update(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let first = spec("update", archive("cfn-update"))?;
    cloud.create(&first, |_| ()).await?;
    let Updated::Unchanged = cloud.update(&first, |_| ()).await? else {
        return Err("an update without changes has changed something".into());
    };
    let mut template = archive("cfn-update");
    template["Resources"]["Topic"] = json!({"Type": "AWS::SNS::Topic"});
    let mut events = Vec::new();
    let second = spec("update", template)?.with_token("second".parse()?);
    let updated = cloud
        .update(&second, |event| events.push(event.clone()))
        .await?;
    let Updated::Changed(stack) = updated else {
        return Err("an update with a change has changed nothing".into());
    };
    same("state", &stack.status, &StackStatus::UpdateComplete)?;
    let first = events.first().ok_or("no event")?;
    same("first event", first.status.as_str(), "UPDATE_IN_PROGRESS")?;
    let ours = events
        .iter()
        .all(|event| event.token.as_deref() == Some("second"));
    same("events of this update only", ours, true)?;
    let topic = events.iter().any(|event| event.logical_id == "Topic");
    same("the topic is told of", topic, true)?;
    let tagged = spec("update", Template::previous())?.with_tag("team", "orders");
    let Updated::Changed(stack) = cloud.update(&tagged, |_| ()).await? else {
        return Err("a tag is no change".into());
    };
    same(
        "tag",
        stack.tags.get("team").map(String::as_str),
        Some("orders"),
    )?;
    let nobodys = spec("nobodys", archive("cfn-nobodys"))?;
    let error = refused(cloud.update(&nobodys, |_| ()).await, "an update of nothing")?;
    same("code", error.code(), Some("ValidationError"))
}

async fn fail_to_update(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    cloud.create(&spec("back", topic())?, |_| ()).await?;
    let updated = cloud.update(&spec("back", hopeless())?, |_| ()).await;
    let error = refused(updated, "an update")?;
    let failure = failed(&error)?;
    same(
        "state",
        &failure.status,
        &StackStatus::UpdateRollbackComplete,
    )?;
    same("rollback", failure.rollback, Rollback::Done)?;
    let event = failure.failure.as_ref().ok_or("no failure is told")?;
    same("resource", &*event.logical_id, "Signal")?;
    same("a reason is told", event.reason.is_some(), true)
}

async fn delete(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let name: StackName = "delete".parse()?;
    let made = cloud
        .create(&spec("delete", archive("cfn-delete"))?, |_| ())
        .await?;
    let mut last = None;
    let is_gone = cloud
        .delete(&name, |event| last = Some(event.status.clone()))
        .await?;
    same("deleted", is_gone, true)?;
    let last = last.ok_or("no event")?;
    same("last event", last.as_str(), "DELETE_COMPLETE")?;
    same("deleted again", cloud.delete(&name, |_| ()).await?, false)?;
    same(
        "deleted again by its id",
        cloud.delete(&made.id, |_| ()).await?,
        false,
    )?;
    same("by its name", cloud.stack(&name).await?.is_none(), true)?;
    let by_id = cloud
        .stack(&made.id)
        .await?
        .ok_or("it is not found by its id")?;
    same("by its id", &by_id.status, &StackStatus::DeleteComplete)?;
    same("there", cloud.stack_exists(&made.id).await?, false)
}

async fn protect(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let spec = spec("protected", topic())?.with_termination_protection(true);
    let stack = cloud.create(&spec, |_| ()).await?;
    same("protected", stack.is_protected, true)?;
    let error = refused(cloud.delete(&stack.id, |_| ()).await, "a deletion")?;
    same("code", error.code(), Some("ValidationError"))?;
    same("there", cloud.stack_exists(&stack.id).await?, true)
}

async fn wait(site: &Site) -> Result<(), Trouble> {
    // Whose call is throttled may wait longer than the hasty one does.
    let (aws, pool) = site.behind_faults().await?;
    let cloud = cloud_of(&pool).await?;
    let mut slow = hopeless();
    slow["Resources"]["Signal"]["Properties"]["Timeout"] = json!("3");
    let short = Waiter::new(Duration::from_millis(400)).with_interval(Duration::from_millis(50));
    let hasty = cloud.with_waiter(short)?;
    let error = refused(hasty.create(&spec("slow", slow)?, |_| ()).await, "a stack")?;
    let over = error
        .downcast_ref::<WaitTimedOut>()
        .ok_or("another failure")?;
    same("state", over.state(), Some("CREATE_IN_PROGRESS"))?;
    same("category", error.category(), Category::Timeout)?;
    let name: StackName = "slow".parse()?;
    // Dropped at once, with its first look under way.
    tokio::select! {
        biased;
        _ = cloud.wait(&name, |_| ()) => return Err("it was over at once".into()),
        () = tokio::task::yield_now() => {}
    }
    let mut first = None;
    let waited = cloud
        .wait(&name, |event| {
            _ = first.get_or_insert_with(|| event.clone())
        })
        .await;
    let error = refused(waited, "a wait")?;
    let first = first.ok_or("no event")?;
    same(
        "first event",
        (&*first.logical_id, first.status.as_str()),
        ("slow", "CREATE_IN_PROGRESS"),
    )?;
    let event = failed(&error)?
        .failure
        .as_ref()
        .ok_or("no failure is told")?;
    same("resource", &*event.logical_id, "Signal")?;
    aws.shutdown().await;
    Ok(())
}

async fn leave(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let policy = json!({"Version": "2012-10-17", "Statement": []});
    let role = json!({
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": "cfn-leave", "AssumeRolePolicyDocument": policy},
            },
        },
    });
    let spec = spec("leave", role)?;
    let Err(error) = cloud.create(&spec, |_| ()).await else {
        return Err(Lacking("it gives every leave unless it checks signatures").into());
    };
    same(
        "code",
        error.code(),
        Some("InsufficientCapabilitiesException"),
    )?;
    let spec = spec.with_capability(Capability::CapabilityNamedIam);
    let stack = cloud.create(&spec, |_| ()).await?;
    same("state", &stack.status, &StackStatus::CreateComplete)
}

async fn again(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let spec = spec("again", topic())?.with_token("one-and-only".parse()?);
    let first = cloud.create(&spec, |_| ()).await?;
    match cloud.create(&spec, |_| ()).await {
        Ok(again) => same("stack", again.id, first.id),
        Err(error) if error.code() == Some("AlreadyExistsException") => {
            Err(Lacking("it takes no notice of the token of CreateStack").into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn exist(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let there = cloud.create(&spec("there", topic())?, |_| ()).await?;
    let (name, nobodys): (StackName, StackName) = ("there".parse()?, "nowhere".parse()?);
    same("by name", cloud.stack_exists(&name).await?, true)?;
    same("by id", cloud.stack_exists(&there.id).await?, true)?;
    same("nobody's", cloud.stack_exists(&nobodys).await?, false)?;
    let odd: StackId = "arn:aws:cloudformation:us-east-1:000000000000:stack/nowhere/1".parse()?;
    same("nobody's by id", cloud.stack_exists(&odd).await?, false)?;
    same(
        "nobody's, described",
        cloud.stack(&nobodys).await?.is_none(),
        true,
    )
}

async fn list(site: &Site) -> Result<(), Trouble> {
    const STACKS: usize = 110;
    let cloud = cloud(site).await?;
    let client: aws_sdk_cloudformation::Client = site.sdk().await?;
    let body = topic().to_string();
    for number in 0..STACKS {
        let create = client.create_stack().stack_name(format!("many-{number}"));
        create.template_body(&body).send().await?;
    }
    for number in 0..STACKS {
        let name: StackName = format!("many-{number}").parse()?;
        cloud.wait(&name, |_| ()).await?;
    }
    let made = cloud
        .stacks([StackStatus::CreateComplete])
        .collect_up_to(10_000)
        .await?
        .items;
    let ours = made
        .iter()
        .filter(|stack| stack.name.starts_with("many-"))
        .count();
    same("stacks", ours, STACKS)?;
    let is_made = made
        .iter()
        .all(|stack| stack.status == StackStatus::CreateComplete);
    same("of this state only", is_made, true)?;
    let some = cloud.stacks([]).collect_up_to(105).await?;
    same("bounded", (some.items.len(), some.has_more), (105, true))
}

async fn resources(site: &Site) -> Result<(), Trouble> {
    const TOPICS: usize = 130;
    let cloud = cloud(site).await?;
    let topics: serde_json::Map<_, _> = (0..TOPICS)
        .map(|number| (format!("Topic{number}"), json!({"Type": "AWS::SNS::Topic"})))
        .collect();
    let mut told = 0;
    let spec = spec("topics", json!({"Resources": topics}))?;
    let stack = cloud.create(&spec, |_| told += 1).await?;
    same("events over several pages", told >= 2 * TOPICS, true)?;
    let resources = cloud.resources(&stack.id).collect_up_to(1_000).await?.items;
    same("resources", resources.len(), TOPICS)?;
    let are_topics = resources.iter().all(|resource| {
        resource.resource_type == "AWS::SNS::Topic" && resource.physical_id.is_some()
    });
    same("topics, with their ids", are_topics, true)
}
