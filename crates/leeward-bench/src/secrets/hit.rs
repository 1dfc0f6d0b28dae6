use super::Upstream;
use crate::{BoxError, Subject};
use leeward_secret_cache::{Freshness, SecretCache, SecretHandle};
use std::{num::NonZeroUsize, sync::Arc, time::Duration};

/// ARNs, one after the other, over and over.
#[derive(Clone, Debug)]
pub struct Turns {
    arns: Arc<[String]>,
    at: usize,
}

impl Turns {
    /// These ARNs, from the first.
    #[must_use]
    pub fn new(arns: impl Into<Arc<[String]>>) -> Self {
        Self {
            arns: arns.into(),
            at: 0,
        }
    }

    /// Each of them once, in their order.
    pub fn arns(&self) -> impl Iterator<Item = &str> {
        self.arns.iter().map(String::as_str)
    }

    /// The one whose turn it is; nothing if there is none at all.
    #[inline]
    pub fn take(&mut self) -> &str {
        let at = turn(&mut self.at, self.arns.len());
        self.arns.get(at).map_or("", String::as_str)
    }
}

/// Nothing is due while hits are measured.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// Has all of them, with everything as it comes but how long they last.
pub(super) fn cache(upstream: &Upstream, turns: &Turns) -> Result<SecretCache, BoxError> {
    let freshness = Freshness::new().with_refresh_after(LONG).with_max_age(LONG);
    let cache = upstream.cache(freshness)?;
    upstream.block_on(async {
        for arn in turns.arns() {
            cache.get(arn).await?;
        }
        Ok(cache)
    })
}

pub(super) fn get(
    threads: NonZeroUsize,
    cache: &SecretCache,
    turns: &Turns,
) -> Result<Subject, BoxError> {
    let (cache, mut turns) = (cache.clone(), turns.clone());
    let get = async move || cache.get(turns.take()).await;
    Ok(Subject::awaited_by(threads, get)?)
}

pub(super) fn try_get(threads: NonZeroUsize, cache: &SecretCache, turns: &Turns) -> Subject {
    let (cache, mut turns) = (cache.clone(), turns.clone());
    Subject::repeat_by(threads, move || cache.try_get(turns.take()).ok_or(MISSED))
}

pub(super) fn handle(threads: NonZeroUsize, cache: &SecretCache, turns: &Turns) -> Subject {
    let handles: Vec<SecretHandle> = turns.arns().map(|arn| cache.handle(arn)).collect();
    let mut at = 0;
    Subject::repeat_by(threads, move || {
        let handle = handles.get(turn(&mut at, handles.len()));
        handle.and_then(SecretHandle::try_get).ok_or(MISSED)
    })
}

const MISSED: &str = "a secret was not in memory";

/// Whose turn it is of so many, and the next one's turn from then on.
#[inline]
const fn turn(at: &mut usize, of: usize) -> usize {
    let turn = *at;
    *at = if turn + 1 < of { turn + 1 } else { 0 };
    turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_turn() {
        let mut turns = Turns::new(["a", "b", "c"].map(str::to_owned));
        let taken: String = (0..7).map(|_| turns.take().to_owned()).collect();
        assert_eq!(taken, "abcabca");
        assert_eq!(Turns::new([]).take(), "");
    }
}
