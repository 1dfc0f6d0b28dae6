use std::{
    future::{Ready, ready},
    sync::Arc,
};

use leeward_bench::{Fault, Read};
use tower::retry::{
    Policy,
    budget::{Budget, TpsBudget},
};

/// The policy that a user of tower has to write, as its documentation shows it: every error again, if the budget pays.
#[derive(Clone, Debug)]
pub(crate) struct WithinBudget {
    budget: Arc<TpsBudget>,
}

impl WithinBudget {
    /// With tower's own default budget: 10 calls a second and 20 % of the traffic, over 10 s.
    pub(crate) fn new() -> Self {
        Self {
            budget: Arc::default(),
        }
    }
}

impl Policy<Read, u64, Fault> for WithinBudget {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Read, result: &mut Result<u64, Fault>) -> Option<Ready<()>> {
        match result {
            Ok(_) => {
                self.budget.deposit();
                None
            }
            Err(_) => self.budget.withdraw().then(|| ready(())),
        }
    }

    fn clone_request(&mut self, request: &Read) -> Option<Read> {
        Some(request.clone())
    }
}
