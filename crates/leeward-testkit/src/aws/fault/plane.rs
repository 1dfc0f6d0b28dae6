use crate::aws::{
    call::Call,
    fault::{
        Fault, Scope,
        rules::{Decision, RuleId, Rules},
    },
    site::Site,
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::watch;

/// The faults in force; clones share them, and they can change while calls are under way.
///
/// A change is in force when the method returns: from then on no answer gets out of a black hole, and no connection into
/// a Region that refuses.
#[derive(Clone)]
pub struct Faults {
    plane: Arc<Plane>,
}

struct Plane {
    rules: Mutex<Rules>,
    sites: Vec<Arc<Site>>,
    /// Wakes the calls that must look at the rules again.
    changed: watch::Sender<()>,
}

/// One rule in force, to be lifted by [`clear`](Self::clear); dropping it leaves the rule standing.
#[derive(Clone, Debug)]
pub struct FaultRule {
    id: RuleId,
    faults: Faults,
}

impl FaultRule {
    /// Lifts the fault; does nothing if that has been done.
    pub fn clear(&self) {
        self.faults.plane.change(|rules| rules.remove(self.id));
    }
}

impl Faults {
    pub(in crate::aws) fn new(sites: Vec<Arc<Site>>) -> Self {
        Self {
            plane: Arc::new(Plane {
                rules: Mutex::default(),
                sites,
                changed: watch::Sender::new(()),
            }),
        }
    }

    /// Brings `fault` upon the calls in `scope`, until the rule or all of them are cleared.
    #[allow(
        clippy::must_use_candidate,
        reason = "a fault that stands to the end needs no handle"
    )]
    pub fn inject(&self, scope: Scope, fault: Fault) -> FaultRule {
        FaultRule {
            id: self.plane.change(|rules| rules.add(scope, fault)),
            faults: self.clone(),
        }
    }

    /// Lifts every fault.
    pub fn clear(&self) {
        self.plane.change(Rules::clear);
    }

    pub(in crate::aws) fn decide(&self, call: &Call) -> Decision {
        self.plane.rules().decide(call)
    }

    /// Waits until a black hole swallows `call`.
    pub(in crate::aws) async fn swallowed(&self, call: &Call) -> RuleId {
        let mut changed = self.plane.changed.subscribe();
        loop {
            let hole = self.plane.rules().black_hole(call);
            if let Some(id) = hole {
                return id;
            }
            changed
                .changed()
                .await
                .expect("the plane that is borrowed here holds the sender");
        }
    }

    /// Waits until the rule is lifted.
    pub(in crate::aws) async fn lifted(&self, id: RuleId) {
        let mut changed = self.plane.changed.subscribe();
        while self.plane.rules().contains(id) {
            changed
                .changed()
                .await
                .expect("the plane that is borrowed here holds the sender");
        }
    }
}

impl Plane {
    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().expect("not poisoned")
    }

    /// The sockets are told under the lock, so that two changes at once cannot leave them at odds with the rules.
    fn change<T>(&self, change: impl FnOnce(&mut Rules) -> T) -> T {
        let mut rules = self.rules();
        let result = change(&mut rules);
        for site in &self.sites {
            site.set_link(rules.link(site.region()));
        }
        self.changed.send_replace(());
        result
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faults").field(&*self.plane.rules()).finish()
    }
}
