use crate::aws::{
    call::Call,
    fault::{Fault, Refusal, Scope, kind::Kind},
};
use fastrand::Rng;
use leeward_error_taxonomy::Region;
use std::time::Duration;

/// Names a rule for as long as the plane lives; never used twice.
pub(in crate::aws) type RuleId = u64;

/// The rules in force, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    last_id: RuleId,
}

#[derive(Debug)]
struct Rule {
    id: RuleId,
    scope: Scope,
    fault: Fault,
    rng: Rng,
    /// How many calls came into its scope.
    seen: u64,
}

/// How a Region's sockets behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::aws) enum Link {
    #[default]
    Open,
    /// Whatever comes is read, and nothing is answered.
    BlackHole,
    /// Nothing listens, no connection lives.
    Refused,
}

/// What befalls one call.
#[derive(Debug, Default, PartialEq)]
pub(in crate::aws) struct Decision {
    /// How much later the call is dealt with.
    pub(in crate::aws) delay: Duration,
    /// What is done in place of a good answer.
    pub(in crate::aws) strike: Option<Strike>,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::aws) enum Strike {
    /// Silence for as long as this rule stands, then a closed connection.
    Swallow(RuleId),
    /// The connection is reset before any answer.
    Drop,
    /// The connection is reset when so many bytes of the request's body have come.
    BreakOff(u64),
    /// This error is answered.
    Answer(Refusal),
    /// The service's answer breaks off half-way.
    Tear,
}

impl Rule {
    /// Whether it strikes the call that came into its scope just now.
    fn is_drawn(&mut self) -> bool {
        self.seen += 1;
        // One draw for each call, whichever are struck.
        let drawn = self.rng.f64();
        drawn < self.fault.rate && self.fault.calls.contains(&self.seen)
    }
}

impl Rules {
    /// Adds a rule behind those that stand.
    pub(super) fn add(&mut self, scope: Scope, fault: Fault) -> RuleId {
        self.last_id += 1;
        self.rules.push(Rule {
            id: self.last_id,
            rng: Rng::with_seed(fault.seed),
            seen: 0,
            scope,
            fault,
        });
        self.last_id
    }

    pub(super) fn remove(&mut self, id: RuleId) {
        self.rules.retain(|rule| rule.id != id);
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(super) fn contains(&self, id: RuleId) -> bool {
        self.rules.iter().any(|rule| rule.id == id)
    }

    /// Decides what befalls a call of which it is known just now what it asks for.
    ///
    /// Latencies add up; of the rest, the first rule that strikes wins. Every rule in whose scope the call lies draws
    /// exactly once for its rate, so that what one rule does never depends on the others.
    pub(super) fn decide(&mut self, call: &Call) -> Decision {
        let mut decision = Decision::default();
        for rule in &mut self.rules {
            if !rule.scope.contains(call) || !rule.is_drawn() {
                continue;
            }
            let strike = match &rule.fault.kind {
                Kind::Slow(latency) => {
                    let delay = latency.sample(&mut rule.rng);
                    decision.delay = decision.delay.saturating_add(delay);
                    continue;
                }
                Kind::BlackHole => Strike::Swallow(rule.id),
                Kind::Refuse => Strike::Drop,
                Kind::Error(refusal) => Strike::Answer(refusal.clone()),
                Kind::Reset => Strike::Tear,
                Kind::ResetInRequest(bytes) => Strike::BreakOff(*bytes),
            };
            decision.strike.get_or_insert(strike);
        }
        decision
    }

    /// Names the black hole that swallows a call even if it arrived before the rule did.
    pub(super) fn black_hole(&self, call: &Call) -> Option<RuleId> {
        self.rules
            .iter()
            .find(|rule| {
                rule.fault.kind == Kind::BlackHole
                    && rule.fault.is_certain()
                    && rule.scope.contains(call)
            })
            .map(|rule| rule.id)
    }

    /// Says how the sockets of `region` behave: closed wins over silent.
    pub(super) fn link(&self, region: &Region) -> Link {
        let stands = |kind: &Kind| {
            self.rules.iter().any(|rule| {
                rule.fault.kind == *kind
                    && rule.fault.is_certain()
                    && rule.scope.is_whole_region()
                    && rule.scope.contains_region(region)
            })
        };
        if stands(&Kind::Refuse) {
            Link::Refused
        } else if stands(&Kind::BlackHole) {
            Link::BlackHole
        } else {
            Link::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws::fault::kind::Reason, latency::Latency};

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");
    const MS: Duration = Duration::from_millis(1);

    fn call(region: Region, service: &str, operation: &str) -> Call {
        Call {
            region,
            service: service.into(),
            operation: operation.into(),
        }
    }

    fn rules(faults: impl IntoIterator<Item = (Scope, Fault)>) -> Rules {
        let mut rules = Rules::default();
        for (scope, fault) in faults {
            rules.add(scope, fault);
        }
        rules
    }

    /// One letter a call: `.` unharmed, `s` swallowed, `d` dropped, `b` broken off, `a` answered with an error, `t` torn.
    fn letter(decision: &Decision) -> char {
        match &decision.strike {
            None => '.',
            Some(Strike::Swallow(_)) => 's',
            Some(Strike::Drop) => 'd',
            Some(Strike::BreakOff(_)) => 'b',
            Some(Strike::Answer(_)) => 'a',
            Some(Strike::Tear) => 't',
        }
    }

    #[track_caller]
    fn check(scope: Scope, expected: &str) {
        let mut rules = rules([(scope, Fault::throttling())]);
        let seen: String = [
            call(EAST, "kms", "Decrypt"),
            call(EAST, "kms", "Encrypt"),
            call(EAST, "s3", "GetObject"),
            call(WEST, "kms", "Decrypt"),
        ]
        .iter()
        .map(|call| letter(&rules.decide(call)))
        .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_rule_strikes_the_calls_in_its_scope_only() {
        check(Scope::any(), "aaaa");
        check(Scope::region(EAST), "aaa.");
        check(Scope::region(WEST), "...a");
        check(Scope::any().service("kms"), "aa.a");
        check(Scope::any().operation("Decrypt"), "a..a");
        check(
            Scope::region(EAST).service("kms").operation("Decrypt"),
            "a...",
        );
        check(Scope::region(WEST).service("s3"), "....");
    }

    #[test]
    fn the_scope_takes_the_name_of_the_sdk_crate_too() {
        let mut rules = rules([(Scope::any().service("cloudwatchlogs"), Fault::reset())]);
        let decision = rules.decide(&call(EAST, "logs", "PutLogEvents"));
        assert_eq!(letter(&decision), 't');
    }

    #[test]
    fn every_kind_of_fault_has_its_strike() {
        for (fault, expected) in [
            (Fault::black_hole(), 's'),
            (Fault::refuse(), 'd'),
            (Fault::reset(), 't'),
            (Fault::reset_in_request(9), 'b'),
            (Fault::throttling(), 'a'),
            (Fault::latency(Latency::fixed(MS)), '.'),
        ] {
            let mut rules = rules([(Scope::any(), fault)]);
            assert_eq!(
                letter(&rules.decide(&call(EAST, "kms", "Decrypt"))),
                expected
            );
        }
    }

    #[test]
    fn latencies_add_up_and_the_first_strike_wins() {
        let mut rules = rules([
            (Scope::any(), Fault::latency(Latency::fixed(3 * MS))),
            (Scope::any(), Fault::access_denied()),
            (Scope::any(), Fault::reset()),
            (Scope::any(), Fault::latency(Latency::fixed(4 * MS))),
        ]);
        let decision = rules.decide(&call(EAST, "kms", "Decrypt"));
        assert_eq!(decision.delay, 7 * MS);
        let Some(Strike::Answer(refusal)) = decision.strike else {
            panic!("{:?}", decision.strike);
        };
        assert_eq!(refusal.reason, Reason::AccessDenied);
    }

    #[test]
    fn a_rate_strikes_its_share_of_the_calls() {
        for (rate, expected) in [(0.0, 0..=0), (0.25, 2_300..=2_700), (1.0, 10_000..=10_000)] {
            let mut rules = rules([(Scope::any(), Fault::reset().with_rate(rate).with_seed(1))]);
            let struck = (0..10_000)
                .filter(|_| rules.decide(&call(EAST, "kms", "Decrypt")).strike.is_some())
                .count();
            assert!(expected.contains(&struck), "{rate}: {struck}");
        }
        for (rate, expected) in [(f64::NAN, '.'), (-1.0, '.'), (7.0, 't')] {
            let mut rules = rules([(Scope::any(), Fault::reset().with_rate(rate))]);
            assert_eq!(
                letter(&rules.decide(&call(EAST, "kms", "Decrypt"))),
                expected
            );
        }
    }

    #[test]
    fn some_calls_are_struck_by_their_number() {
        let fault = Fault::black_hole().with_calls(2..=3);
        let mut rules = rules([(Scope::any().service("kms"), fault)]);
        let mut seen = String::new();
        for service in ["kms", "s3", "kms", "s3", "kms", "kms"] {
            seen.push(letter(&rules.decide(&call(EAST, service, "Decrypt"))));
        }
        assert_eq!(seen, "..s.s.");
        assert_eq!(rules.black_hole(&call(EAST, "kms", "Decrypt")), None);
    }

    #[test]
    fn what_a_rule_draws_does_not_depend_on_other_rules() {
        let half = || {
            (
                Scope::any().service("kms"),
                Fault::reset().with_rate(0.5).with_seed(9),
            )
        };
        let noise = (
            Scope::any(),
            Fault::latency(Latency::uniform(MS..9 * MS)).with_rate(0.5),
        );
        let (mut alone, mut crowded) = (rules([half()]), rules([noise, half()]));
        for _ in 0..100 {
            crowded.decide(&call(WEST, "s3", "GetObject"));
            let kms = call(EAST, "kms", "Decrypt");
            assert_eq!(alone.decide(&kms).strike, crowded.decide(&kms).strike);
        }
    }

    #[test]
    fn the_sockets_obey_certain_rules_over_whole_regions() {
        for (scope, fault, east, west) in [
            (
                Scope::any(),
                Fault::black_hole(),
                Link::BlackHole,
                Link::BlackHole,
            ),
            (
                Scope::region(EAST),
                Fault::black_hole(),
                Link::BlackHole,
                Link::Open,
            ),
            (
                Scope::region(WEST),
                Fault::refuse(),
                Link::Open,
                Link::Refused,
            ),
            (
                Scope::any().service("kms"),
                Fault::refuse(),
                Link::Open,
                Link::Open,
            ),
            (
                Scope::any().operation("Decrypt"),
                Fault::black_hole(),
                Link::Open,
                Link::Open,
            ),
            (
                Scope::any(),
                Fault::black_hole().with_rate(0.9),
                Link::Open,
                Link::Open,
            ),
            (Scope::any(), Fault::reset(), Link::Open, Link::Open),
        ] {
            let rules = rules([(scope, fault)]);
            assert_eq!(
                (rules.link(&EAST), rules.link(&WEST)),
                (east, west),
                "{rules:?}"
            );
        }
        let both = rules([
            (Scope::any(), Fault::black_hole()),
            (Scope::region(EAST), Fault::refuse()),
        ]);
        assert_eq!(
            (both.link(&EAST), both.link(&WEST)),
            (Link::Refused, Link::BlackHole)
        );
    }

    #[test]
    fn a_removed_rule_strikes_no_more() {
        let mut rules = Rules::default();
        let first = rules.add(Scope::any(), Fault::black_hole());
        let second = rules.add(Scope::any(), Fault::black_hole());
        let decrypt = call(EAST, "kms", "Decrypt");
        assert_eq!(rules.black_hole(&decrypt), Some(first));
        rules.remove(first);
        assert!(!rules.contains(first));
        assert_eq!(rules.black_hole(&decrypt), Some(second));
        rules.clear();
        assert_eq!(rules.decide(&decrypt), Decision::default());
        assert_eq!(rules.link(&EAST), Link::Open);
        assert_eq!(
            rules.add(Scope::any(), Fault::reset()),
            3,
            "ids are not used twice"
        );
    }
}
