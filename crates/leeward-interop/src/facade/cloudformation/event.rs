//! What happens to stacks, told.

use super::{Site, archive, cloud, spec, topic};
use crate::ministack::{Case, Trouble, same};
use leeward_cloudformation::StackName;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("what happened to a stack is listed, newest first", |site| {
            Box::pin(list(site))
        }),
        Case::new("what happens to a stack is followed to its end", |site| {
            Box::pin(tail(site))
        }),
    ]
}

async fn list(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let name: StackName = "listed".parse()?;
    cloud
        .create(&spec("listed", archive("cfn-listed"))?, |_| ())
        .await?;
    let newest = cloud.events(&name).collect_up_to(2).await?;
    same("bounded", (newest.items.len(), newest.has_more), (2, true))?;
    let of_stack = &newest.items[0];
    same(
        "newest",
        (of_stack.is_of_stack(), of_stack.status.as_str()),
        (true, "CREATE_COMPLETE"),
    )?;
    let nobodys: StackName = "unheard-of".parse()?;
    match cloud.events(&nobodys).next().await {
        Some(Err(error)) => same("code", error.code(), Some("ValidationError")),
        other => Err(format!("events of no stack: {other:?}").into()),
    }
}

async fn tail(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let made = cloud.create(&spec("tailed", topic())?, |_| ()).await?;
    let mut happening = cloud.tail(&made.id);
    let first = happening.next().await.transpose()?.ok_or("no event")?;
    same(
        "first",
        (first.is_of_stack(), first.status.as_str()),
        (true, "CREATE_IN_PROGRESS"),
    )?;
    let follow = async {
        let mut told = vec![first];
        while let Some(event) = happening.next().await.transpose()? {
            told.push(event);
        }
        Ok::<_, leeward_error_taxonomy::AwsError>(told)
    };
    let (told, deleted) = tokio::join!(follow, cloud.delete(&made.id, |_| ()));
    let (told, deleted) = (told?, deleted?);
    same("deleted", deleted, true)?;
    let last = told.last().ok_or("no event")?;
    same(
        "last",
        (last.is_of_stack(), last.status.as_str()),
        (true, "DELETE_COMPLETE"),
    )?;
    let mut all = cloud.events(&made.id).collect_up_to(1_000).await?.items;
    all.reverse();
    let ids = |events: &[leeward_cloudformation::StackEvent]| -> Vec<_> {
        events.iter().map(|event| event.id.clone()).collect()
    };
    same("each event once, in order", ids(&told), ids(&all))
}
