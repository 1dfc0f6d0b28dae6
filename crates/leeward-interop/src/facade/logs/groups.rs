use super::logs;
use crate::{
    facade::site::Site,
    ministack::{Case, Trouble, same, there},
};
use leeward_logs::{Creation, GroupSettings, LogGroupName, Retention};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("logs: a prefix hit is not the group", |site| {
            Box::pin(prefix_hit(site))
        }),
        Case::new(
            "logs: 120 groups are listed and found over three pages",
            |site| Box::pin(pages(site)),
        ),
        Case::new(
            "logs: a group is made once, with retention, key and tags",
            |site| Box::pin(made(site)),
        ),
        Case::new("logs: retention is put and taken away", |site| {
            Box::pin(retention(site))
        }),
        Case::new("logs: a group is deleted once", |site| {
            Box::pin(deleted(site))
        }),
    ]
}

async fn prefix_hit(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    logs.create_group(&"/prefix/orders".parse()?, &GroupSettings::new())
        .await?;
    same(
        "a prefix",
        logs.group_exists(&"/prefix".parse()?).await?,
        false,
    )?;
    same(
        "the group",
        logs.group_exists(&"/prefix/orders".parse()?).await?,
        true,
    )
}

async fn pages(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    for number in 0..120 {
        let name: LogGroupName = format!("/pages/{number:03}").parse()?;
        logs.create_group(&name, &GroupSettings::new()).await?;
    }
    let listed = logs.list_groups("/pages/").collect_up_to(1_000).await?;
    same("all", (listed.items.len(), listed.has_more), (120, false))?;
    let names = listed.items.into_iter().map(|group| group.name);
    let expected = (0..120).map(|number| format!("/pages/{number:03}"));
    same(
        "the names",
        names.collect::<Vec<_>>(),
        expected.collect::<Vec<_>>(),
    )?;
    let bounded = logs.list_groups("/pages/").collect_up_to(60).await?;
    same("some", (bounded.items.len(), bounded.has_more), (60, true))?;
    same(
        "the last",
        logs.group_exists(&"/pages/119".parse()?).await?,
        true,
    )?;
    same(
        "one more",
        logs.group_exists(&"/pages/120".parse()?).await?,
        false,
    )
}

async fn made(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let name: LogGroupName = "/made/orders".parse()?;
    let key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let settings = GroupSettings::new()
        .with_retention(Retention::MONTH)
        .with_key(key.parse()?)
        .with_tag("team", "orders");
    let create = || logs.create_group(&name, &settings);
    same("the first", create().await?, Creation::Created)?;
    same("the second", create().await?, Creation::AlreadyThere)?;
    let group = there(logs.describe_group(&name).await?)?;
    same("retention", group.retention, Retention::MONTH)?;
    same("key", group.key.as_deref(), Some(key))?;
    let arn = there(group.arn)?;
    same("the end of the ARN", arn.ends_with("/made/orders"), true)?;
    let client: aws_sdk_cloudwatchlogs::Client = site.sdk().await?;
    let tags = client.list_tags_for_resource().resource_arn(arn);
    let tags = there(tags.send().await?.tags)?;
    same("tag", tags.get("team").map(String::as_str), Some("orders"))
}

async fn retention(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let name: LogGroupName = "/retention/orders".parse()?;
    let missing = logs.put_retention(&name, Retention::WEEK).await;
    let missing = missing
        .err()
        .and_then(|error| error.code().map(str::to_owned));
    same(
        "no group",
        missing.as_deref(),
        Some("ResourceNotFoundException"),
    )?;
    logs.create_group(&name, &GroupSettings::new()).await?;
    for retention in [Retention::WEEK, Retention::days(3653)?, Retention::FOREVER] {
        logs.put_retention(&name, retention).await?;
        let group = there(logs.describe_group(&name).await?)?;
        same("retention", group.retention, retention)?;
    }
    Ok(())
}

async fn deleted(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let name: LogGroupName = "/deleted/orders".parse()?;
    logs.create_group(&name, &GroupSettings::new()).await?;
    same("the first", logs.delete_group(&name).await?, true)?;
    same("the second", logs.delete_group(&name).await?, false)?;
    same("it is there", logs.group_exists(&name).await?, false)
}
