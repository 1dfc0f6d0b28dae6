//! What is played: each case makes secrets of its own by the plain SDK, and reads them by the cache.

mod batch;
mod name;
mod replica;
mod value;
mod version;
mod withdrawal;

use super::site::Site;
use crate::ministack::{Case, Lacking, Trouble, same, there};
use leeward_secret_cache::{SecretError, SecretErrorKind};

/// Every case, from values to Regions.
pub(super) fn all() -> Vec<Case<Site>> {
    let (case, gap) = (Case::new, Case::gap);
    vec![
        case("text, and the fields of JSON", |site| {
            Box::pin(value::text(site))
        }),
        case("binary", |site| Box::pin(value::binary(site))),
        case("64 KiB, as text and as binary", |site| {
            Box::pin(value::largest(site))
        }),
        case("name, ARN, partial ARN, AWSCURRENT: one secret", |site| {
            Box::pin(name::all_are_one(site))
        }),
        case("100 ask for a cold secret at once: one fetch", |site| {
            Box::pin(name::herd(site))
        }),
        case("names with all that is allowed in them", |site| {
            Box::pin(name::odd(site))
        }),
        case("no such name, ARN, version, stage", |site| {
            Box::pin(name::wrong(site))
        }),
        case("AWSPENDING, AWSPREVIOUS, a label, a version id", |site| {
            Box::pin(version::stages(site))
        }),
        case(
            "rotation by PutSecretValue and UpdateSecretVersionStage",
            |site| Box::pin(version::rotation(site)),
        ),
        gap("when it rotates next", |site| {
            Box::pin(version::schedule(site))
        }),
        case("scheduled for deletion, and restored", |site| {
            Box::pin(withdrawal::restored(site))
        }),
        case("deleted, and made anew with another ARN", |site| {
            Box::pin(withdrawal::recreated(site))
        }),
        case("warm-up by 46 ids, with errors of two", |site| {
            Box::pin(batch::ids(site))
        }),
        case("warm-up by filters of names and tags", |site| {
            Box::pin(batch::filters(site))
        }),
        gap("warm-up over several pages", |site| {
            Box::pin(batch::pages(site))
        }),
        case("a Region is not reached: its replica is read", |site| {
            Box::pin(replica::outage(site))
        }),
        case(
            "not found: believed of the primary, not of a replica",
            |site| Box::pin(replica::not_found(site)),
        ),
        gap("denied by a resource policy", |site| {
            Box::pin(withdrawal::denied(site))
        }),
        gap("KMS key disabled", |site| {
            Box::pin(withdrawal::key_disabled(site))
        }),
    ]
}

/// Fails unless `outcome` is an error of this kind.
fn refused<T>(
    what: &str,
    outcome: Result<T, SecretError>,
    kind: SecretErrorKind,
) -> Result<(), Trouble> {
    match outcome {
        Ok(_) => Err(format!("{what} was served").into()),
        Err(error) => same(what, error.kind(), kind),
    }
}
