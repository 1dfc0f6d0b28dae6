use std::{borrow::Borrow, collections::BTreeMap};

/// Whom the calls are counted under that nobody signed.
pub(super) const ANONYMOUS: &str = "anonymous";
/// Whom the calls are counted under whose signers are too many to be told apart.
const OTHERS: &str = "others";
/// How many signers of an operation in a Region are told apart.
const MAX_SIGNERS: usize = 4096;
/// How many connections of an operation in a Region are told apart.
const MAX_CONNECTIONS: usize = 65_536;

/// Whence a call came.
#[derive(Clone, Debug)]
pub(in crate::aws) struct Trace {
    signer: String,
    connection: u64,
}

/// Who signed calls, and over which connections they came: calls by access key id and by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Traces {
    signers: BTreeMap<String, u64>,
    connections: BTreeMap<u64, u64>,
}

impl Trace {
    pub(in crate::aws) fn new(access_key_id: Option<&str>, connection: u64) -> Self {
        Self {
            signer: access_key_id.unwrap_or(ANONYMOUS).to_owned(),
            connection,
        }
    }
}

impl Traces {
    pub(super) fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    /// Calls by access key id.
    pub(super) const fn signers(&self) -> &BTreeMap<String, u64> {
        &self.signers
    }

    /// The numbers of the connections.
    pub(super) fn connections(&self) -> impl Iterator<Item = &u64> {
        self.connections.keys()
    }

    pub(super) fn enter(&mut self, trace: &Trace) {
        let signer = if self.signers.contains_key(&trace.signer) || self.signers.len() < MAX_SIGNERS
        {
            &trace.signer
        } else {
            OTHERS
        };
        *self.signers.entry(signer.to_owned()).or_default() += 1;
        if self.connections.contains_key(&trace.connection)
            || self.connections.len() < MAX_CONNECTIONS
        {
            *self.connections.entry(trace.connection).or_default() += 1;
        }
    }

    pub(super) fn leave(&mut self, trace: &Trace) {
        let signer = if self.signers.contains_key(&trace.signer) {
            trace.signer.as_str()
        } else {
            OTHERS
        };
        take_one(&mut self.signers, signer);
        take_one(&mut self.connections, &trace.connection);
    }
}

fn take_one<K: Ord + Borrow<Q>, Q: Ord + ?Sized>(counts: &mut BTreeMap<K, u64>, key: &Q) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signers_that_are_too_many_are_counted_together() {
        let mut traces = Traces::default();
        for at in 0..MAX_SIGNERS as u64 + 3 {
            traces.enter(&Trace::new(Some(&format!("ASIA{at}")), at));
        }
        let signers = traces.signers();
        assert_eq!((signers.len(), signers[OTHERS]), (MAX_SIGNERS + 1, 3));
    }
}
