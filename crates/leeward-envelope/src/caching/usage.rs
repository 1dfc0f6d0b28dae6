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
        let after = self.bytes.saturating_add(bytes);
        let allowed = self.messages < limits.max_messages.get() && after <= limits.max_bytes;
        if allowed {
            self.messages += 1;
            self.bytes = after;
        }
        allowed
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
        check(9, u64::MAX, &[u64::MAX, 0, 1], "yyy");
    }
}
