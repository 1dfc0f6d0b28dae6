use std::num::NonZeroU32;

/// How much one data key may serve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_messages: NonZeroU32,
    pub(crate) max_bytes: u64,
}

impl Limits {
    /// Whether a cached data key could serve a message of `bytes` at all.
    pub(crate) const fn fits(&self, bytes: u64) -> bool {
        bytes <= self.max_bytes
    }
}

/// How much one data key has served.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    messages: u32,
    bytes: u64,
}

impl Usage {
    /// Takes one message of `bytes` out of the limits, or answers that they do not allow it.
    pub(crate) fn take(&mut self, limits: &Limits, bytes: u64) -> bool {
        let after = self.bytes.checked_add(bytes);
        let after = after.filter(|after| *after <= limits.max_bytes);
        let Some(after) = after.filter(|_| self.messages < limits.max_messages.get()) else {
            return false;
        };
        self.messages += 1;
        self.bytes = after;
        true
    }

    pub(super) const fn messages(&self) -> u32 {
        self.messages
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Undoes a [`take`](Self::take) of `bytes` whose message was not written.
    pub(crate) fn give_back(&mut self, bytes: u64) {
        self.messages -= 1;
        self.bytes -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(max_messages: u32, max_bytes: u64, sizes: &[u64], expected: &str) {
        let limits = Limits {
            max_messages: NonZeroU32::new(max_messages).unwrap(),
            max_bytes,
        };
        let mut usage = Usage::default();
        let seen: String = sizes
            .iter()
            .map(|bytes| {
                if usage.take(&limits, *bytes) {
                    'y'
                } else {
                    'n'
                }
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn serves_up_to_each_limit_and_not_beyond() {
        check(3, 100, &[1, 1, 1, 1], "yyyn");
        check(9, 10, &[4, 6, 1], "yyn");
        // Nothing is taken when a message is refused, so a smaller one may still fit.
        check(9, 10, &[4, 7, 6, 0, 1], "ynyyn");
        check(1, 0, &[0, 0], "yn");
        check(9, u64::MAX, &[u64::MAX, 0], "yy");
        check(9, u64::MAX, &[u64::MAX, 1], "yn");
    }

    #[test]
    fn what_is_given_back_serves_again() {
        let limits = Limits {
            max_messages: NonZeroU32::new(2).unwrap(),
            max_bytes: 10,
        };
        let mut usage = Usage::default();
        assert!(usage.take(&limits, 4) && usage.take(&limits, 6));
        assert!(!usage.take(&limits, 0));
        usage.give_back(6);
        assert!(!usage.take(&limits, 7));
        assert!(usage.take(&limits, 6));
    }
}
