//! What is played: each case makes secrets of its own by the plain SDK, and reads them by the cache.

mod batch;
mod name;
mod replica;
mod value;
mod version;
mod withdrawal;

use super::site::Site;
use leeward_secret_cache::{SecretError, SecretErrorKind};
use std::{
    error::Error,
    fmt::{self, Debug},
    pin::Pin,
};

/// One thing that both sides must agree about.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// Whether it is known that the other side cannot do this.
    pub(super) may_lack: bool,
    pub(super) play: Play,
}

type Play = for<'a> fn(&'a Site) -> Pin<Box<dyn Future<Output = Result<(), Trouble>> + 'a>>;

/// Why a case did not come out well; [`Lacking`] is one.
pub(super) type Trouble = Box<dyn Error>;

/// The plain SDK met something else than AWS documents, so that there is nothing to compare with.
#[derive(Debug)]
pub(super) struct Lacking(pub(super) &'static str);

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Lacking {}

/// Every case, from values to Regions.
pub(super) fn all() -> Vec<Case> {
    let case = |name, play| Case {
        name,
        may_lack: false,
        play,
    };
    let gap = |name, play| Case {
        may_lack: true,
        ..case(name, play)
    };
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

/// Fails unless both are the same; `what` says of what.
fn same<T: PartialEq<U> + Debug, U: Debug>(what: &str, got: T, expected: U) -> Result<(), Trouble> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what}: {got:?} instead of {expected:?}").into())
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

/// What must be there in an answer of the plain SDK.
fn there<T>(part: Option<T>) -> Result<T, Trouble> {
    part.ok_or_else(|| "the plain SDK got an answer in which something is missing".into())
}
