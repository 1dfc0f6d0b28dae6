use super::{AwsClient, ClientConfig};
use crate::key::RecipeId;
use leeward_error_taxonomy::Region;
use std::{any::TypeId, fmt, sync::Arc};

/// How a client of type `C` is made.
pub(crate) struct Recipe<C> {
    id: RecipeId,
    home: Option<Region>,
    make: Make<C>,
}

enum Make<C> {
    Typed(fn(&ClientConfig) -> C),
    Own(Arc<dyn Fn(&ClientConfig) -> C + Send + Sync>),
}

impl<C: Clone + Send + Sync + 'static> Recipe<C> {
    pub(crate) fn typed() -> Self
    where
        C: AwsClient,
    {
        Self {
            id: RecipeId {
                client: TypeId::of::<C>(),
                closure: None,
                service: C::SERVICE,
            },
            home: C::HOME,
            make: Make::Typed(C::from_config),
        }
    }

    pub(crate) fn own<F>(service: &'static str, make: F) -> Self
    where
        F: Fn(&ClientConfig) -> C + Send + Sync + 'static,
    {
        const {
            assert!(
                size_of::<F>() == 0,
                "the closure must capture nothing and be no function pointer: its type alone tells its clients from others; \
                 give what it would capture to `with_config`"
            );
        }
        Self {
            id: RecipeId {
                client: TypeId::of::<C>(),
                closure: Some(TypeId::of::<F>()),
                service,
            },
            home: None,
            make: Make::Own(Arc::new(make)),
        }
    }
}

impl<C> Recipe<C> {
    pub(crate) const fn id(&self) -> RecipeId {
        self.id
    }

    /// Where the service is, if it is in one place.
    pub(crate) const fn home(&self) -> Option<&Region> {
        self.home.as_ref()
    }

    pub(crate) fn make(&self, config: &ClientConfig) -> C {
        match &self.make {
            Make::Typed(make) => make(config),
            Make::Own(make) => make(config),
        }
    }
}

impl<C> Clone for Recipe<C> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            home: self.home.clone(),
            make: match &self.make {
                Make::Typed(make) => Make::Typed(*make),
                Make::Own(make) => Make::Own(make.clone()),
            },
        }
    }
}

impl<C> fmt::Debug for Recipe<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recipe").field(&self.id.service).finish()
    }
}
