use leeward_error_taxonomy::Region;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Mutex,
};

/// Who sends a failed call again. It is part of a client's identity, so that the two can never multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retries {
    /// The SDK, as its standard retry mode does.
    Sdk,
    /// The layers around a [`Target`](crate::Target); the SDK sends each call once.
    Layers,
}

/// What makes one client another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    client: TypeId,
    region: Region,
    retries: Retries,
}

impl Key {
    fn of<C: 'static>(region: &Region, retries: Retries) -> Self {
        Self {
            client: TypeId::of::<C>(),
            region: region.clone(),
            retries,
        }
    }
}

/// The clients made so far; past [`Clients::MAX`] the one that was asked for longest ago is forgotten.
#[derive(Default)]
pub(super) struct Clients {
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    clients: HashMap<Key, Entry>,
    uses: u64,
}

struct Entry {
    client: Box<dyn Any + Send + Sync>,
    last_use: u64,
}

impl Clients {
    /// More than the services times the Regions of a large application, few enough to bound a loop over made-up names.
    const MAX: usize = 1024;

    /// Clones the client that was made before, or makes it. Two callers may both make it; one of the two stays.
    pub(super) fn get_or_make<C>(
        &self,
        region: &Region,
        retries: Retries,
        make: impl FnOnce() -> C,
    ) -> C
    where
        C: Clone + Send + Sync + 'static,
    {
        let key = Key::of::<C>(region, retries);
        if let Some(client) = self.lock().get(&key) {
            return client;
        }
        let client = make();
        self.lock().insert(key, Box::new(client.clone()));
        client
    }

    pub(super) fn len(&self) -> usize {
        self.lock().clients.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Made> {
        self.made
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Made {
    fn get<C: Clone + 'static>(&mut self, key: &Key) -> Option<C> {
        self.uses += 1;
        let entry = self.clients.get_mut(key)?;
        entry.last_use = self.uses;
        entry.client.downcast_ref::<C>().cloned()
    }

    fn insert(&mut self, key: Key, client: Box<dyn Any + Send + Sync>) {
        if self.clients.len() >= Clients::MAX && !self.clients.contains_key(&key) {
            let oldest = self.clients.iter().min_by_key(|(_, entry)| entry.last_use);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.clients.remove(&oldest);
            }
        }
        self.clients.insert(
            key,
            Entry {
                client,
                last_use: self.uses,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn get(clients: &Clients, region: usize, make: usize) -> usize {
        let region = Region::new(format!("region-{region}")).unwrap();
        *clients.get_or_make(&region, Retries::Sdk, || Arc::new(make))
    }

    #[test]
    fn a_client_is_made_once() {
        let clients = Clients::default();
        assert_eq!(get(&clients, 1, 1), 1);
        assert_eq!(get(&clients, 1, 2), 1);
    }

    #[test]
    fn who_retries_and_what_type_it_is_make_another_client() {
        let clients = Clients::default();
        let region = Region::from_static("us-east-1");
        clients.get_or_make(&region, Retries::Sdk, || Arc::new(1_usize));
        clients.get_or_make(&region, Retries::Layers, || Arc::new(1_usize));
        clients.get_or_make(&region, Retries::Sdk, || Arc::new(1_u8));
        assert_eq!(clients.len(), 3);
    }

    #[test]
    fn the_client_unused_for_longest_makes_room() {
        let clients = Clients::default();
        for at in 0..Clients::MAX {
            get(&clients, at, at);
        }
        get(&clients, 0, 7);
        get(&clients, Clients::MAX, 0);
        assert_eq!(clients.len(), Clients::MAX);
        assert_eq!(get(&clients, 0, 7), 0, "used lately, hence kept");
        assert_eq!(get(&clients, 1, 7), 7, "forgotten, hence made again");
    }
}
