use super::{Lacking, Site, Trouble, refused, same, there};
use aws_sdk_secretsmanager::types::RotationRulesType;
use leeward_secret_cache::{Secret, SecretErrorKind, SecretRef};
use std::sync::Arc;

pub(super) async fn stages(site: &Site) -> Result<(), Trouble> {
    let plain = &site.plain;
    let make = plain.create_secret().name("stages").secret_string("first");
    let first = there(make.send().await?.version_id)?;
    let put = || plain.put_secret_value().secret_id("stages");
    put().secret_string("second").send().await?;
    let put_pending = put().secret_string("third").version_stages("AWSPENDING");
    put_pending.send().await?;
    let put_labelled = put().secret_string("labelled").version_stages("blue");
    put_labelled.send().await?;
    let cache = site.cache()?;
    let secret = SecretRef::new("stages");
    for (secret, expected) in [
        (secret, "second"),
        (secret.at_stage("AWSPREVIOUS"), "first"),
        (secret.at_stage("AWSPENDING"), "third"),
        (secret.at_stage("blue"), "labelled"),
        (secret.at_version(&first), "first"),
    ] {
        let got = cache.get(secret).await?;
        same(&secret.to_string(), got.expose_text()?, expected)?;
    }
    // Each is kept for itself, and none for another.
    same("secrets", cache.stats().secrets, 5)?;
    same("let go of", cache.invalidate("stages"), 5)
}

/// The steps of a rotation function, and what the cache makes of each.
pub(super) async fn rotation(site: &Site) -> Result<(), Trouble> {
    let plain = &site.plain;
    let make = plain.create_secret().name("rotated").secret_string("old");
    let old = there(make.send().await?.version_id)?;
    let cache = site.cache()?;
    let current = SecretRef::new("rotated");
    let pending = current.at_stage("AWSPENDING");
    let outcome = cache.get(pending).await;
    refused("nothing pending", outcome, SecretErrorKind::NotFound)?;
    let mut versions = cache.subscribe("rotated");
    same("the value", cache.get(current).await?.expose_text()?, "old")?;
    // createSecret
    let put = plain.put_secret_value().secret_id("rotated");
    let put = put.secret_string("new").version_stages("AWSPENDING");
    let new = there(put.send().await?.version_id)?;
    // setSecret: what the cache serves is refused from now on.
    let log_in = |secret: Arc<Secret>| async move {
        match secret.expose() {
            b"new" => Ok(secret.version_id().to_owned()),
            _ => Err("refused"),
        }
    };
    let logged_in = cache.with_secret("rotated", log_in, |_| true).await;
    same(
        "the version that logs in",
        logged_in.ok(),
        Some(new.clone()),
    )?;
    same("the value", cache.get(current).await?.expose_text()?, "old")?;
    // finishSecret
    let moved = plain.update_secret_version_stage().secret_id("rotated");
    let moved = moved.version_stage("AWSCURRENT");
    let moved = moved.move_to_version_id(&new).remove_from_version_id(&old);
    moved.send().await?;
    let secret = cache.refresh_now(current).await?;
    same("the value", secret.expose_text()?, "new")?;
    same("the version", secret.version_id(), &*new)?;
    while versions.current().id() != Some(&*new) {
        there(versions.changed().await)?;
    }
    let previous = cache.get(current.at_stage("AWSPREVIOUS")).await?;
    same("the version before", previous.version_id(), &*old)
}

pub(super) async fn schedule(site: &Site) -> Result<(), Trouble> {
    let plain = &site.plain;
    let make = plain.create_secret().name("scheduled");
    make.secret_string("now").send().await?;
    let rules = RotationRulesType::builder().automatically_after_days(1);
    let rotate = plain.rotate_secret().secret_id("scheduled");
    let rotate = rotate.rotation_rules(rules.build());
    rotate.rotate_immediately(false).send().await?;
    let described = plain
        .describe_secret()
        .secret_id("scheduled")
        .send()
        .await?;
    if described.next_rotation_date().is_none() {
        return Err(Lacking(
            "DescribeSecret tells no NextRotationDate of a secret that is rotated",
        )
        .into());
    }
    Ok(())
}
