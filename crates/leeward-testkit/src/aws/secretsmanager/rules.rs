//! Decides when a secret is rotated next: pure, told the time.

use super::{ask::Ask, refused::Refused};
use serde_json::Value;
use std::time::{Duration, SystemTime};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// How often a secret is rotated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rules {
    /// As they were given.
    pub(super) told: Value,
    interval: Duration,
}

impl Rules {
    /// Reads the `RotationRules` of a call, if it has any.
    pub(super) fn read(ask: Ask<'_>) -> Result<Option<Self>, Refused> {
        let Some(told) = ask.raw("RotationRules") else {
            return Ok(None);
        };
        let rules = Ask::new(told);
        let days = rules.number("AutomaticallyAfterDays");
        let interval = match (days, rules.text("ScheduleExpression")) {
            (Some(_), Some(_)) => {
                return Err(Refused::parameter(
                    "You can't specify both AutomaticallyAfterDays and ScheduleExpression.",
                ));
            }
            (Some(days), None) => u32::try_from(days)
                .ok()
                .filter(|days| (1..=1_000).contains(days))
                .map(|days| DAY * days)
                .ok_or_else(|| {
                    Refused::constraint("automaticallyAfterDays", "Member must be from 1 to 1000")
                })?,
            (None, Some(expression)) => rate(expression).ok_or_else(|| {
                Refused::parameter(format!(
                    "Invalid schedule expression {expression}: the in-process AWS takes rate(n hours) from 4 hours on and \
                     rate(n days)."
                ))
            })?,
            (None, None) => {
                return Err(Refused::parameter(
                    "RotationRules need AutomaticallyAfterDays or ScheduleExpression.",
                ));
            }
        };
        let told = told.clone();
        Ok(Some(Self { told, interval }))
    }

    /// When the next rotation is due after one at `last`.
    pub(super) fn next(&self, last: SystemTime) -> SystemTime {
        last + self.interval
    }
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html>
fn rate(expression: &str) -> Option<Duration> {
    let inner = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inner.split_once(' ')?;
    let count: u32 = count.parse().ok().filter(|count| *count <= 24_000)?;
    let interval = match unit {
        "hour" | "hours" => HOUR * count,
        "day" | "days" => DAY * count,
        _ => return None,
    };
    (interval >= HOUR * 4 && interval <= DAY * 1_000).then_some(interval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::UNIX_EPOCH;

    fn hours(rules: Value) -> Option<u64> {
        let input = json!({ "RotationRules": rules });
        let rules = Rules::read(Ask::new(&input)).ok()??;
        let next = rules.next(UNIX_EPOCH).duration_since(UNIX_EPOCH).unwrap();
        Some(next.as_secs() / 3_600)
    }

    #[test]
    fn a_rotation_is_due_after_days_or_hours() {
        for (rules, expected) in [
            (json!({ "AutomaticallyAfterDays": 30 }), Some(720)),
            (json!({ "ScheduleExpression": "rate(4 hours)" }), Some(4)),
            (json!({ "ScheduleExpression": "rate(1 day)" }), Some(24)),
            (json!({ "ScheduleExpression": "rate(1 hour)" }), None),
            (json!({ "ScheduleExpression": "cron(0 0 * * ? *)" }), None),
            (json!({ "AutomaticallyAfterDays": 0 }), None),
            (
                json!({ "AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)" }),
                None,
            ),
            (json!({ "Duration": "3h" }), None),
        ] {
            assert_eq!(hours(rules.clone()), expected, "{rules}");
        }
        assert_eq!(Rules::read(Ask::new(&json!({}))), Ok(None));
    }
}
