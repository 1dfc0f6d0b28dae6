use super::{
    groups::Groups,
    host::{Host, HostRef},
    line::Bounds,
    origin::Origin,
};
use aws_smithy_http_client::pool::OriginKey;

use hashbrown::{DefaultHashBuilder, HashMap};
use http::Uri;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::time::Instant;

/// The hosts that are called.
///
/// There are never more than a bound, since a bucket of S3 is a host of its own: past it, a quarter of them goes, those that no
/// call uses and that were used longest ago. If all are in use, further hosts share one line among them: they are held back
/// rather than let through uncounted.
#[derive(Debug)]
pub(super) struct Origins {
    bounds: Bounds,
    groups: Groups,
    max: usize,
    known: RwLock<HashMap<Host, Arc<Origin>, DefaultHashBuilder>>,
    others: Arc<Origin>,
    begun: Instant,
}

impl Origins {
    pub(super) fn new(bounds: Bounds, groups: Groups, max: usize) -> Self {
        Self {
            bounds,
            max,
            known: RwLock::default(),
            others: Arc::new(Origin::new(None, bounds, &groups)),
            begun: Instant::now(),
            groups,
        }
    }

    /// What is known of the host that is called.
    pub(super) fn of(&self, uri: &Uri) -> Arc<Origin> {
        let Some(host) = HostRef::of(uri) else {
            return Arc::clone(&self.others);
        };
        let origin = self.find(host).unwrap_or_else(|| self.add(host));
        origin.used(self.now());
        origin
    }

    /// What is known of a host that connections tell of.
    pub(super) fn known(&self, key: &OriginKey) -> Option<Arc<Origin>> {
        self.find(HostRef::of_key(key)?)
    }

    pub(super) fn all(&self) -> Vec<Arc<Origin>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().cloned().collect()
    }

    fn find(&self, host: HostRef<'_>) -> Option<Arc<Origin>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&host).cloned()
    }

    fn add(&self, host: HostRef<'_>) -> Arc<Origin> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(origin) = known.get(&host) {
            return Arc::clone(origin);
        }
        if known.len() >= self.max {
            make_room(&mut known);
        }
        if known.len() >= self.max {
            return Arc::clone(&self.others);
        }
        let host = host.to_host();
        let origin = Arc::new(Origin::new(Some(&host), self.bounds, &self.groups));
        known.insert(host, Arc::clone(&origin));
        origin
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Forgets a quarter, so that not every new host looks through all.
fn make_room(known: &mut HashMap<Host, Arc<Origin>, DefaultHashBuilder>) {
    // Whoever is about to call holds the origin; whoever calls stands in its line.
    let is_free = |origin: &Arc<Origin>| Arc::strong_count(origin) == 1 && !origin.is_busy();
    let free = known.values().filter(|origin| is_free(origin));
    let mut ages: Vec<u64> = free.map(|origin| origin.used_at()).collect();
    ages.sort_unstable();
    let Some(&newest) = ages.get((known.len() / 4).min(ages.len().saturating_sub(1))) else {
        return;
    };
    known.retain(|_, origin| !is_free(origin) || origin.used_at() > newest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn origins(max: usize) -> Origins {
        let bounds = Bounds {
            passing: 1,
            waiting: 1,
            wait: Duration::from_secs(1),
        };
        Origins::new(bounds, Groups::new(None), max)
    }

    fn bucket(number: usize) -> Uri {
        format!("https://bucket-{number}.s3.amazonaws.com/key")
            .parse()
            .unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_are_kept_up_to_a_bound_and_the_oldest_go() {
        let origins = origins(8);
        for number in 0..1_000 {
            origins.of(&bucket(number));
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(origins.all().len() <= 8);
        }
        let key = OriginKey::from_uri(&bucket(999)).unwrap();
        assert!(origins.known(&key).is_some());
        let key = OriginKey::from_uri(&bucket(0)).unwrap();
        assert!(origins.known(&key).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_is_in_use_stays() {
        let origins = origins(8);
        let busy = origins.of(&bucket(0));
        let permit = busy.pass(None).await.unwrap();
        let held = origins.of(&bucket(1));
        for number in 2..100 {
            tokio::time::advance(Duration::from_millis(1)).await;
            origins.of(&bucket(number));
        }
        assert!(Arc::ptr_eq(&held, &origins.of(&bucket(1))));
        assert!(Arc::ptr_eq(&busy, &origins.of(&bucket(0))));
        drop(permit);
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_no_room_hosts_share_one_line() {
        let origins = origins(2);
        let held = [origins.of(&bucket(0)), origins.of(&bucket(1))];
        let shared = origins.of(&bucket(2));
        assert!(Arc::ptr_eq(&shared, &origins.of(&bucket(3))));
        let permit = shared.pass(None).await.unwrap();
        let refused = shared.pass(Some(Duration::ZERO)).await.unwrap_err();
        assert_eq!(refused.to_string(), "limiter full");
        drop((held, permit));
        assert!(!Arc::ptr_eq(&shared, &origins.of(&bucket(2))));
    }
}
