use super::{Site, Trouble, same};
use aws_sdk_secretsmanager::primitives::Blob;
use leeward_secret_cache::UnreadableReason;

/// The most that Secrets Manager takes.
const LARGEST: usize = 65_536;

pub(super) async fn text(site: &Site) -> Result<(), Trouble> {
    const LOGIN: &str = r#"{"username":"naïve ☃ \"app\"","password":"p=\\u0000&é","port":5432}"#;
    let make = site.plain.create_secret().name("text").secret_string(LOGIN);
    let made = make.send().await?;
    let secret = site.cache()?.get("text").await?;
    same("the value", secret.expose_text()?, LOGIN)?;
    same("the user", secret.key("username")?, "naïve ☃ \"app\"")?;
    same("the port", secret.key("port")?, "5432")?;
    same("the ARN", Some(secret.arn()), made.arn())?;
    same("the version", Some(secret.version_id()), made.version_id())?;
    same("the stages", secret.stages(), ["AWSCURRENT"])?;
    same("a date", secret.created().is_some(), true)
}

pub(super) async fn binary(site: &Site) -> Result<(), Trouble> {
    let bytes: Vec<u8> = (0..=255).collect();
    let make = site.plain.create_secret().name("binary");
    make.secret_binary(Blob::new(bytes.clone())).send().await?;
    let cache = site.cache()?;
    let secret = cache.get("binary").await?;
    same("the value", secret.expose(), bytes)?;
    let text = secret.expose_text();
    let refused = text.as_ref().map_err(|error| error.reason());
    same("read as text", refused, Err(&UnreadableReason::NotText))?;
    // From binary to text and back.
    let put = site.plain.put_secret_value().secret_id("binary");
    put.secret_string("text now").send().await?;
    cache.invalidate("binary");
    let secret = cache.get("binary").await?;
    same("the value", secret.expose_text()?, "text now")
}

pub(super) async fn largest(site: &Site) -> Result<(), Trouble> {
    let text = "é".repeat(LARGEST / 2);
    let bytes: Vec<u8> = (0..=255).cycle().take(LARGEST).collect();
    let make = site.plain.create_secret().name("large/text");
    make.secret_string(&text).send().await?;
    let make = site.plain.create_secret().name("large/binary");
    make.secret_binary(Blob::new(bytes.clone())).send().await?;
    let cache = site.cache()?;
    let is_whole = cache.get("large/text").await?.expose_text()? == text;
    same("text that is whole", is_whole, true)?;
    let is_whole = cache.get("large/binary").await?.expose() == bytes;
    same("binary that is whole", is_whole, true)
}
