use std::{any::type_name, cell::Cell};

use leeward_error_taxonomy::Rejected;
use tower_service::Service;

use super::limit::Due;

thread_local! {
    // Set from a layer's call of the service under it until that service takes it, which it does first of all.
    static HANDED_ON: Cell<bool> = const { Cell::new(false) };
}

/// Whether a layer may say "not sent" in the name of the deadline above, since nothing else can have sent anything under it.
///
/// Each layer of this crate hands the right on to the layer that it calls. A service of anybody else's cannot: it may have
/// sent something before it came to call a layer, and what lies under it speaks for itself alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim(bool);

impl Claim {
    /// Of a layer that begins a deadline of its own, or calls what has not been called yet.
    pub(crate) const GRANTED: Self = Self(true);
    /// Of a layer under which something may have been sent already.
    pub(crate) const WITHHELD: Self = Self(false);

    /// What the caller of the present service has handed on; to be taken before anything else is done.
    #[inline(always)]
    pub(crate) fn take() -> Self {
        Self(HANDED_ON.replace(false))
    }

    /// Hands it on to `service`, and calls that.
    #[inline(always)]
    pub(crate) fn call<S: Service<Request>, Request>(
        self,
        service: &mut S,
        request: Request,
    ) -> S::Future {
        if self.0 && is_of_this_crate::<S>() {
            HANDED_ON.set(true);
        }
        service.call(request)
    }

    /// Refuses if the time is over of the task that waits under this claim.
    pub(crate) fn check(self) -> Result<(), Rejected> {
        match Due::over() {
            Some(due) => Err(due.limit.refuse(self.has_started())),
            None => Ok(()),
        }
    }

    /// What is said of a call that this layer refuses to begin.
    pub(super) const fn has_started(self) -> bool {
        !self.0
    }
}

/// Whether `S` is a layer's service, which takes the claim before it does anything else.
///
/// By its name, as specialisation would tell if it were stable; the compiler works it out. Were names to look otherwise one
/// day, no claim would be handed on, and refusals would say "maybe sent".
#[inline(always)]
fn is_of_this_crate<S>() -> bool {
    const CRATE: &str = concat!(env!("CARGO_CRATE_NAME"), "::");
    type_name::<S>().starts_with(CRATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline::Deadline;

    #[test]
    fn a_layer_is_told_from_a_service_that_holds_one() {
        assert!(is_of_this_crate::<Deadline<Box<u8>>>());
        assert!(!is_of_this_crate::<Box<Deadline<u8>>>());
        assert!(!is_of_this_crate::<&mut Deadline<u8>>());
        assert!(!is_of_this_crate::<fn() -> Deadline<u8>>());
    }
}
