//! The peers of the cache of secrets.

mod hit;
mod keeper;

use leeward_bench::{
    Bar, BoxError, Case, Subject, Tally,
    resilience::TWO,
    secrets::{Contender, GET, HANDLE, HIT, SHARED, Scale, TRY_GET, Trial, Upstream},
};
use std::num::NonZeroUsize;

const AWS: &str = "aws_secretsmanager_caching";
const AWS_IGNORING: &str = "aws_secretsmanager_caching, ignoring transient errors";
const MOKA: &str = "moka, ahash, time to live";
const QUICK_CACHE: &str = "quick_cache, no time to live";
const ARC_SWAP: &str = "ArcSwap<HashMap>, ahash, no clock";
const DASHMAP: &str = "DashMap, ahash, no clock";

/// Adds the peers of hits; a case without any stays as it is.
pub(crate) fn with_peers(case: Case) -> Result<Case, BoxError> {
    match case.name() {
        HIT => {
            let case = with_hits(case, NonZeroUsize::MIN)?;
            Ok(case
                .compare(GET, AWS, Bar::AtMost(0.28))
                .compare(TRY_GET, AWS, Bar::AtMost(0.18))
                .compare(HANDLE, AWS, Bar::AtMost(0.10))
                .compare(HANDLE, ARC_SWAP, Bar::AtMost(1.2))
                .compare(TRY_GET, ARC_SWAP, None)
                .compare(GET, MOKA, None))
        }
        SHARED => {
            let case = with_hits(case, TWO)?;
            Ok(case
                .compare(HANDLE, AWS, Bar::AtLeast(12.0))
                .compare(HANDLE, ARC_SWAP, None)
                .compare(TRY_GET, AWS, None)
                .compare(GET, AWS, None))
        }
        _ => Ok(case),
    }
}

fn with_hits(case: Case, threads: NonZeroUsize) -> Result<Case, BoxError> {
    let upstream = Upstream::start()?;
    let turns = upstream.fill(32)?;
    let aws = hit::aws(&upstream, &turns)?;
    let moka = hit::moka(&upstream, &turns);
    let (quick_cache, arc_swap) = (hit::quick_cache(&turns), hit::arc_swap(&turns));
    let dashmap = hit::dashmap(&turns);
    Ok(case
        .with(AWS, Subject::awaited_by(threads, aws)?)
        .with(MOKA, Subject::awaited_by(threads, moka)?)
        .with(QUICK_CACHE, Subject::repeat_by(threads, quick_cache))
        .with(ARC_SWAP, Subject::repeat_by(threads, arc_swap))
        .with(DASHMAP, Subject::repeat_by(threads, dashmap)))
}

/// Adds those who are tried as ours is; a tally without any stays as it is.
///
/// The maps have neither an age nor a fetch: around them a user has to write what the others are.
pub(crate) fn also_counted(tally: Tally) -> Tally {
    let trial = Trial::ALL.into_iter().find(|it| it.name() == tally.name());
    let Some(trial) = trial else {
        return tally;
    };
    contenders(trial).into_iter().fold(tally, |tally, peer| {
        tally.and(move || trial.figures(&peer, Scale::FULL))
    })
}

fn contenders(trial: Trial) -> Vec<Contender> {
    let aws = |name, ignores_transient_errors| {
        Contender::new(name, move |upstream, arn, max_age| {
            keeper::aws(upstream, arn, max_age, ignores_transient_errors)
        })
    };
    let mut all = vec![
        aws(AWS, false),
        Contender::new("moka, try_get_with", keeper::moka),
        Contender::new("quick_cache, get_or_insert_async", keeper::quick_cache),
    ];
    if matches!(trial, Trial::Outage | Trial::Throttling) {
        all.push(aws(AWS_IGNORING, true));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_bench::{Area, Pace, Plan};
    use std::{num::NonZeroU32, time::Duration};

    #[test]
    fn hits_meet_their_peers() {
        let glance = Pace::new(NonZeroU32::MIN, Duration::from_micros(50));
        let plan = Plan {
            program: "".into(),
            crowd: 20,
            movers: &[],
        };
        for case in Area::Secrets.cases(&plan).unwrap() {
            let rows = with_peers(case).unwrap().measure(&glance).unwrap();
            assert!(rows.iter().any(|row| row.name().contains(AWS)));
        }
    }

    #[test]
    fn every_peer_fetches_once_for_one_who_waits() {
        let alone = Scale::of(1);
        for peer in contenders(Trial::Outage) {
            let rows = Trial::Cold.figures(&peer, alone).unwrap();
            assert_eq!(rows[0].value, 1.0, "{peer:?}");
        }
    }
}
