//! Stacks that are not as their templates say.

use super::{Site, archive, cloud, refused, spec, tamper};
use crate::ministack::{Case, Trouble, same};
use aws_sdk_cloudformation::types::{DifferenceType, StackDriftStatus, StackResourceDriftStatus};
use leeward_cloudformation::StackName;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new(
            "drift is detected where a bucket is changed past CloudFormation",
            |site| Box::pin(changed(site)),
        ),
        Case::new("drift is detected where a bucket is deleted", |site| {
            Box::pin(deleted(site))
        }),
        Case::new("a detection that was dropped is begun again", |site| {
            Box::pin(dropped(site))
        }),
        Case::new("drift of no stack is an error", |site| {
            Box::pin(nobodys(site))
        }),
    ]
}

async fn changed(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let stack = cloud
        .create(&spec("drift", archive("cfn-drift"))?, |_| ())
        .await?;
    let before = cloud
        .stack(&stack.id)
        .await?
        .and_then(|stack| stack.last_drift);
    let unchecked = before.is_none_or(|drift| drift == StackDriftStatus::NotChecked);
    same("not checked before", unchecked, true)?;
    let mut looks = 0;
    let drift = cloud.detect_drift(&stack.id, |_, _| looks += 1).await?;
    same(
        "before",
        (&drift.status, drift.drifted),
        (&StackDriftStatus::InSync, 0),
    )?;
    same("progress is told", looks > 0, true)?;
    tamper(site, "cfn-drift").await?;
    let drift = cloud.detect_drift(&stack.id, |_, _| ()).await?;
    same(
        "after",
        (&drift.status, drift.drifted),
        (&StackDriftStatus::Drifted, 1),
    )?;
    same("stack", &*drift.stack_id, stack.id.as_str())?;
    let drifts = cloud.drifts(&stack.id, [StackResourceDriftStatus::Modified]);
    let drifts = drifts.collect_up_to(100).await?.items;
    let [drifted] = &drifts[..] else {
        return Err(format!("not one resource is drifted: {drifts:?}").into());
    };
    let one = cloud
        .detect_resource_drift(&stack.id, &"Archive".parse()?)
        .await?;
    for drift in [drifted, &one] {
        same(
            "resource",
            (&*drift.logical_id, &drift.status),
            ("Archive", &StackResourceDriftStatus::Modified),
        )?;
        let [difference] = &drift.differences[..] else {
            return Err(format!("not one property differs: {drift:?}").into());
        };
        same("path", &*difference.path, "/VersioningConfiguration/Status")?;
        same(
            "kind",
            difference.kind.as_ref(),
            Some(&DifferenceType::NotEqual),
        )?;
        same(
            "values",
            (&*difference.expected, &*difference.actual),
            ("Enabled", "Suspended"),
        )?;
    }
    let all = cloud.drifts(&stack.id, []).collect_up_to(100).await?.items;
    let in_sync = all
        .iter()
        .filter(|drift| drift.status == StackResourceDriftStatus::InSync);
    same("others are in sync", in_sync.count(), all.len() - 1)
}

async fn deleted(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let stack = cloud
        .create(&spec("gone", archive("cfn-gone"))?, |_| ())
        .await?;
    let s3 = site.sdk::<aws_sdk_s3::Client>().await?;
    s3.delete_bucket().bucket("cfn-gone").send().await?;
    let drift = cloud.detect_drift(&stack.id, |_, _| ()).await?;
    same(
        "after",
        (&drift.status, drift.drifted),
        (&StackDriftStatus::Drifted, 1),
    )?;
    let drifts = cloud.drifts(&stack.id, [StackResourceDriftStatus::Deleted]);
    let drifts = drifts.collect_up_to(100).await?.items;
    let names: Vec<_> = drifts.iter().map(|drift| &*drift.logical_id).collect();
    same("deleted", names, ["Archive"])
}

async fn dropped(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let stack = cloud
        .create(&spec("dropped", archive("cfn-dropped"))?, |_| ())
        .await?;
    tokio::select! {
        biased;
        _ = cloud.detect_drift(&stack.id, |_, _| ()) => return Err("it was over at once".into()),
        () = tokio::task::yield_now() => {}
    }
    let drift = cloud.detect_drift(&stack.id, |_, _| ()).await?;
    same("state", &drift.status, &StackDriftStatus::InSync)
}

async fn nobodys(site: &Site) -> Result<(), Trouble> {
    let cloud = cloud(site).await?;
    let nobodys: StackName = "driftless".parse()?;
    let error = refused(
        cloud.detect_drift(&nobodys, |_, _| ()).await,
        "drift of no stack",
    )?;
    same("code", error.code(), Some("ValidationError"))?;
    let stack = cloud
        .create(&spec("driftful", archive("cfn-driftful"))?, |_| ())
        .await?;
    let detected = cloud
        .detect_resource_drift(&stack.id, &"Nothing".parse()?)
        .await;
    let error = refused(detected, "drift of no resource")?;
    same("code", error.code(), Some("ValidationError"))
}
