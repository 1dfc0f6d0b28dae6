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
        look(&self.kept(), &key::<C>(region))
    }

    /// Keeps a caller, and gives the one that is kept: of two that are made at once it is the first.
    pub(crate) fn keep<C: Clone + Send + Sync + 'static>(
        &self,
        region: Option<&Region>,
        made: Caller<C>,
    ) -> Caller<C> {
        let key = key::<C>(region);
        let mut kept = self.kept();
        if let Some(caller) = look(&kept, &key) {
            return caller;
        }
        if kept.len() >= MAX_CALLERS {
            kept.clear();
        }
        kept.insert(key, Box::new(made.clone()));
        made
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Key, Kept>> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

fn key<C: 'static>(region: Option<&Region>) -> Key {
    (TypeId::of::<C>(), region.cloned())
}

fn look<C: Clone + 'static>(kept: &HashMap<Key, Kept>, key: &Key) -> Option<Caller<C>> {
    kept.get(key)?.downcast_ref::<Caller<C>>().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_client_pool::Target;
    use leeward_resilience::stack::Preset;

    fn made(region: &Region, client: u32) -> Caller<u32> {
        Caller::new(Target::new(client, region.clone()), Preset::mixed())
    }

    #[test]
    fn of_two_that_are_made_at_once_the_first_is_kept() {
        let callers = Callers::default();
        let east = Region::from_static("us-east-1");
        assert!(callers.find::<u32>(Some(&east)).is_none());
        for client in [1, 2] {
            let kept = callers.keep(Some(&east), made(&east, client));
            assert_eq!(*kept.client(), 1);
        }
        let found = callers.find::<u32>(Some(&east));
        assert_eq!(found.map(|caller| *caller.client()), Some(1));
        assert!(callers.find::<u32>(None).is_none());
        assert!(callers.find::<u64>(Some(&east)).is_none());
    }

    #[test]
    fn there_are_so_many_at_the_most() {
        let callers = Callers::default();
        for number in 0..=MAX_CALLERS {
            let region = Region::new(format!("r-{number}")).unwrap();
            callers.keep(Some(&region), made(&region, 0));
            assert!(callers.kept().len() <= MAX_CALLERS);
            assert!(callers.find::<u32>(Some(&region)).is_some());
        }
        assert_eq!(callers.kept().len(), 1);
    }
}
