use super::{Site, Trouble, refused, same, there};
use leeward_secret_cache::{SecretErrorKind, SecretRef};
use tokio::task::JoinSet;

/// A hyphen and six characters.
const SUFFIX_LEN: usize = 7;

pub(super) async fn all_are_one(site: &Site) -> Result<(), Trouble> {
    let make = site.plain.create_secret().name("names/one");
    let arn = there(make.secret_string("one").send().await?.arn)?;
    let partial = &arn[..arn.len() - SUFFIX_LEN];
    let cache = site.cache()?;
    let first = cache.get("names/one").await?;
    for secret in [
        SecretRef::new(&arn),
        SecretRef::new(partial),
        SecretRef::new("names/one").at_stage("AWSCURRENT"),
        SecretRef::new(&arn).at_stage("AWSCURRENT"),
    ] {
        let again = cache.get(secret).await?;
        same(
            "one in memory",
            std::ptr::eq(first.expose(), again.expose()),
            true,
        )?;
    }
    let stats = cache.stats();
    same(
        "fetches and secrets",
        (stats.fetches(), stats.secrets),
        (1, 1),
    )?;
    // By the partial ARN first, and by the full one.
    for (id, other) in [(partial, &*arn), (&*arn, partial)] {
        let cache = site.cache()?;
        let (first, again) = (cache.get(id).await?, cache.get(other).await?);
        same("one value", &first, &again)?;
        same("fetches", cache.stats().fetches(), 1)?;
    }
    Ok(())
}

pub(super) async fn herd(site: &Site) -> Result<(), Trouble> {
    let make = site.plain.create_secret().name("names/herd");
    make.secret_string("asked for by many").send().await?;
    let cache = site.cache()?;
    let mut herd = JoinSet::new();
    for _ in 0..100 {
        let cache = cache.clone();
        herd.spawn(async move { cache.get("names/herd").await.map(drop) });
    }
    for served in herd.join_all().await {
        served?;
    }
    same("fetches", cache.stats().fetches(), 1)
}

pub(super) async fn odd(site: &Site) -> Result<(), Trouble> {
    // The second ends as an ARN does, the third is the whole of it without its end.
    for name in ["odd/_+=.@-A9", "odd/prod-a1b2c3", "odd/prod", "odd"] {
        let make = site.plain.create_secret().name(name);
        let arn = there(make.secret_string(name).send().await?.arn)?;
        for id in [name, &arn] {
            let secret = site.cache()?.get(id).await?;
            same("the value", secret.expose_text()?, name)?;
            same("the name", secret.name(), name)?;
        }
    }
    let cache = site.cache()?;
    for name in ["odd/prod-a1b2c3", "odd/prod", "odd"] {
        let secret = cache.get(name).await?;
        same("the value", secret.expose_text()?, name)?;
    }
    same("secrets", cache.stats().secrets, 3)
}

pub(super) async fn wrong(site: &Site) -> Result<(), Trouble> {
    let make = site.plain.create_secret().name("names/right");
    let arn = there(make.secret_string("right").send().await?.arn)?;
    let cache = site.cache()?;
    let account = there(arn.split(':').nth(4))?;
    let elsewhere = arn.replace(account, "999999999999");
    let another = format!("{}zzzzzz", &arn[..arn.len() - 6]);
    let right = SecretRef::new("names/right");
    for secret in [
        SecretRef::new("names/wrong"),
        SecretRef::new(&another),
        SecretRef::new(&elsewhere),
        right.at_stage("AWSPENDING"),
        right.at_stage("no such label"),
        right.at_version("00000000-0000-0000-0000-000000000000"),
    ] {
        let what = secret.to_string();
        refused(&what, cache.get(secret).await, SecretErrorKind::NotFound)?;
        // It is refused at once.
        refused(&what, cache.get(secret).await, SecretErrorKind::NotFound)?;
    }
    same("refusals", cache.stats().refusals, 6)?;
    let secret = cache.get("names/right").await?;
    same("the value", secret.expose_text()?, "right")
}
