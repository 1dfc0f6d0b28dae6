use std::{
    error::Error,
    fmt::{self, Debug},
    pin::Pin,
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// One thing that both sides must agree about.
pub(crate) struct Case<S> {
    pub(crate) name: &'static str,
    /// Whether it is known that the other side cannot do this.
    pub(crate) may_lack: bool,
    pub(crate) play: Play<S>,
}

pub(crate) type Play<S> =
    for<'a> fn(&'a S) -> Pin<Box<dyn Future<Output = Result<(), Trouble>> + 'a>>;

/// Why a case did not come out well; [`Lacking`] is one.
pub(crate) type Trouble = Box<dyn Error>;

/// The plain SDK met something else than AWS documents, so that there is nothing to compare with.
#[derive(Debug)]
pub(crate) struct Lacking(pub(crate) &'static str);

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Lacking {}

impl<S> Case<S> {
    pub(crate) const fn new(name: &'static str, play: Play<S>) -> Self {
        Self {
            name,
            may_lack: false,
            play,
        }
    }

    /// One that it is known that the other side cannot do.
    pub(crate) const fn gap(name: &'static str, play: Play<S>) -> Self {
        Self {
            may_lack: true,
            ..Self::new(name, play)
        }
    }
}

/// Fails unless both are the same; `what` says of what.
pub(crate) fn same<T: PartialEq<U> + Debug, U: Debug>(
    what: &str,
    got: T,
    expected: U,
) -> Result<(), Trouble> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what}: {got:?} instead of {expected:?}").into())
}

/// Looks every 20 ms whether it is so; fails if it is not within 30 s.
pub(crate) async fn soon(what: &str, is_so: impl Fn() -> bool) -> Result<(), Trouble> {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        if Instant::now() > end {
            return Err(format!("not within 30 s: {what}").into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// What must be there in an answer of the plain SDK.
pub(crate) fn there<T>(part: Option<T>) -> Result<T, Trouble> {
    part.ok_or_else(|| "the plain SDK got an answer in which something is missing".into())
}
