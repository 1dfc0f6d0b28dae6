use super::{Lacking, Site, Trouble, refused, same, there};
use crate::secret::site::EAST;
use leeward_secret_cache::SecretErrorKind;

pub(super) async fn restored(site: &Site) -> Result<(), Trouble> {
    let plain = &site.plain;
    let make = plain.create_secret().name("restored");
    make.secret_string("there").send().await?;
    let cache = site.cache()?;
    cache.get("restored").await?;
    plain.delete_secret().secret_id("restored").send().await?;
    cache.invalidate("restored");
    let outcome = cache.get("restored").await;
    refused("what is to be deleted", outcome, SecretErrorKind::Withdrawn)?;
    plain.restore_secret().secret_id("restored").send().await?;
    cache.invalidate("restored");
    let secret = cache.get("restored").await?;
    same("the value", secret.expose_text()?, "there")
}

pub(super) async fn recreated(site: &Site) -> Result<(), Trouble> {
    let plain = &site.plain;
    let make = |value| plain.create_secret().name("anew").secret_string(value);
    let arn = there(make("first").send().await?.arn)?;
    let cache = site.cache()?;
    same("the value", cache.get(&arn).await?.expose_text()?, "first")?;
    same(
        "the value",
        cache.get("anew").await?.expose_text()?,
        "first",
    )?;
    let delete = plain.delete_secret().secret_id("anew");
    delete.force_delete_without_recovery(true).send().await?;
    let other_arn = there(make("second").send().await?.arn)?;
    cache.invalidate("anew");
    let outcome = cache.get(&arn).await;
    refused("the ARN before", outcome, SecretErrorKind::NotFound)?;
    // The name has gone over to the new one.
    same(
        "the value",
        cache.get("anew").await?.expose_text()?,
        "second",
    )?;
    same(
        "the value",
        cache.get(&other_arn).await?.expose_text()?,
        "second",
    )
}

pub(super) async fn denied(site: &Site) -> Result<(), Trouble> {
    const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}"#;
    let plain = &site.plain;
    let make = plain.create_secret().name("denied");
    make.secret_string("not for you").send().await?;
    let put = plain.put_resource_policy().secret_id("denied");
    put.resource_policy(POLICY).send().await?;
    if plain
        .get_secret_value()
        .secret_id("denied")
        .send()
        .await
        .is_ok()
    {
        return Err(Lacking("it keeps policies, and asks none whether a call is allowed").into());
    }
    let outcome = site.cache()?.get("denied").await;
    refused("what is denied", outcome, SecretErrorKind::Denied)
}

pub(super) async fn key_disabled(site: &Site) -> Result<(), Trouble> {
    let plain = &site.plain;
    let kms: aws_sdk_kms::Client = site.pool.client().with_region(EAST).await?;
    let key = there(kms.create_key().send().await?.key_metadata)?.key_id;
    let make = plain.create_secret().name("under-a-key").kms_key_id(&key);
    make.secret_string("encrypted").send().await?;
    kms.disable_key().key_id(&key).send().await?;
    let get = plain.get_secret_value().secret_id("under-a-key");
    if get.send().await.is_ok() {
        return Err(Lacking("it gives the value of a secret whose KMS key is disabled").into());
    }
    let outcome = site.cache()?.get("under-a-key").await;
    refused("what is under it", outcome, SecretErrorKind::KeyUnusable)
}
