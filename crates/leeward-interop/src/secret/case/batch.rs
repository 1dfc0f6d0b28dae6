use super::{Lacking, Site, Trouble, same, there};
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, Tag};
use leeward_secret_cache::{SecretCache, SecretErrorKind, SecretFilter, WarmUp, WarmUpReport};
use std::time::Duration;

/// More than two full pages.
const COUNT: usize = 45;

/// Secrets that are there, one by its ARN, one that never was and one that is to be deleted.
pub(super) async fn ids(site: &Site) -> Result<(), Trouble> {
    let mut ids = make(site, "batch/ids", COUNT).await?;
    let first = site.plain.describe_secret().secret_id(&ids[0]).send();
    ids[0] = there(first.await?.arn)?;
    let gone = site.plain.delete_secret().secret_id(&ids[1]);
    gone.send().await?;
    ids.push("batch/never".to_owned());
    let cache = site.cache()?;
    let report = warm_up(&cache, WarmUp::of_ids(ids.clone())).await?;
    same("loaded", report.loaded.len(), COUNT - 1)?;
    let mut failed: Vec<_> = report.failed.iter().map(|error| error.kind()).collect();
    failed.sort_by_key(|kind| *kind != SecretErrorKind::NotFound);
    let expected = [SecretErrorKind::NotFound, SecretErrorKind::Withdrawn];
    same("failed", failed, expected)?;
    // Each by what it was asked for by: from an ARN it is not told whose the name is.
    for number in (0..COUNT).filter(|number| *number != 1) {
        let (id, name) = (&ids[number], name("batch/ids", number));
        let secret = cache.try_get(id);
        let secret = secret.ok_or_else(|| format!("{id} was not loaded"))?;
        same("the value", secret.expose_text()?, &*name)?;
    }
    let first = name("batch/ids", 0);
    let secret = cache.get(&first).await?;
    same("by the name as well", secret.expose_text()?, &*first)
}

pub(super) async fn filters(site: &Site) -> Result<(), Trouble> {
    make(site, "batch/named", 3).await?;
    for tag in ["orders", "billing"] {
        let create = site.plain.create_secret().name(format!("batch/of-{tag}"));
        let tag = Tag::builder().key("team").value(tag).build();
        create.tags(tag).secret_string("tagged").send().await?;
    }
    let cache = site.cache()?;
    let named = WarmUp::of_filters([SecretFilter::name("batch/named")]);
    same(
        "loaded by name",
        warm_up(&cache, named).await?.loaded.len(),
        3,
    )?;
    let tagged = [
        SecretFilter::tag_key("team"),
        SecretFilter::tag_value("orders"),
    ];
    let tagged = WarmUp::of_filters(tagged);
    same(
        "loaded by tag",
        warm_up(&cache, tagged).await?.loaded.len(),
        1,
    )?;
    let is_there = |tag| cache.try_get(&format!("batch/of-{tag}")).is_some();
    let there = (is_there("orders"), is_there("billing"));
    same("the tagged one alone", there, (true, false))
}

pub(super) async fn pages(site: &Site) -> Result<(), Trouble> {
    make(site, "batch/pages", COUNT).await?;
    let by_name = Filter::builder().key(FilterNameStringType::Name);
    let page = site.plain.batch_get_secret_value();
    let page = page.filters(by_name.values("batch/pages").build());
    let page = page.max_results(20).send().await?;
    if page.next_token().is_none() {
        return Err(
            Lacking("BatchGetSecretValue gives all at once: no page has a next one").into(),
        );
    }
    let cache = site.cache()?;
    let all = WarmUp::of_filters([SecretFilter::name("batch/pages")]);
    same("loaded", warm_up(&cache, all).await?.loaded.len(), COUNT)
}

/// Makes so many secrets, the value of each its name.
async fn make(site: &Site, prefix: &str, count: usize) -> Result<Vec<String>, Trouble> {
    let names: Vec<_> = (0..count).map(|number| name(prefix, number)).collect();
    for name in &names {
        let create = site.plain.create_secret().name(name);
        create.secret_string(name).send().await?;
    }
    Ok(names)
}

fn name(prefix: &str, number: usize) -> String {
    format!("{prefix}/{number}")
}

/// Warms up at once.
async fn warm_up(cache: &SecretCache, warm_up: WarmUp) -> Result<WarmUpReport, Trouble> {
    let at_once = warm_up.with_start_within(Duration::ZERO);
    Ok(cache.warm_up(at_once).await?)
}
