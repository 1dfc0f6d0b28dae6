use leeward_client_pool::Caller;
use leeward_error_taxonomy::Region;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

/// The callers that were made: one per service and Region, so that its circuit and its budget outlive a call.
#[derive(Debug, Default)]
pub(crate) struct Callers(Mutex<HashMap<Key, Kept>>);

/// The client's type and the Region that was asked for; `None` for the one that is called where an ARN names none.
type Key = (TypeId, Option<Region>);

type Kept = Box<dyn Any + Send + Sync>;

/// More than AWS has Regions for seven services. Whoever asks for names that are none makes the others start anew.
const MAX_CALLERS: usize = 512;

impl Callers {
    pub(crate) fn find<C: Clone + 'static>(&self, region: Option<&Region>) -> Option<Caller<C>> {
        let key = (TypeId::of::<C>(), region.cloned());
        self.kept().get(&key)?.downcast_ref::<Caller<C>>().cloned()
    }

    /// Keeps a caller, and gives the one that is kept: of two that are made at once it is the first.
    pub(crate) fn keep<C: Clone + Send + Sync + 'static>(
        &self,
        region: Option<&Region>,
        made: Caller<C>,
    ) -> Caller<C> {
        if let Some(caller) = self.find(region) {
            return caller;
        }
        let mut kept = self.kept();
        if kept.len() >= MAX_CALLERS {
            kept.clear();
        }
        let key = (TypeId::of::<C>(), region.cloned());
        kept.insert(key, Box::new(made.clone()));
        made
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Key, Kept>> {
        self.0.lock().expect("nothing panics under this lock")
    }
}
