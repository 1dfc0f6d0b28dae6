use leeward_client_pool::{Name, NameRule};

/// The name of a log group: what AWS would refuse is refused where it is read, with the rule.
///
/// ```
/// use leeward_logs::LogGroupName;
///
/// let group: LogGroupName = "/app/orders".parse()?;
/// assert_eq!(group.as_str(), "/app/orders");
/// assert_eq!(
///     LogGroupName::new("orders:all").unwrap_err().to_string(),
///     r#""orders:all" is not the name of a log group: it has only letters without accents, digits, and . - _ / #"#,
/// );
/// # Ok::<(), leeward_logs::InvalidResourceName>(())
/// ```
pub type LogGroupName = Name<LogGroupRule>;

/// The name of a log stream, which is in a log group: what AWS would refuse is refused where it is read, with the rule.
///
/// ```
/// use leeward_logs::LogStreamName;
///
/// let stream: LogStreamName = "host-1/2026-11-22".parse()?;
/// assert_eq!(
///     LogStreamName::new("host:1").unwrap_err().to_string(),
///     r#""host:1" is not the name of a log stream: it has no : and no *"#,
/// );
/// # Ok::<(), leeward_logs::InvalidResourceName>(())
/// ```
pub type LogStreamName = Name<LogStreamRule>;

/// What may be the name of a log group (CloudWatch Logs API Reference, `CreateLogGroup`).
#[derive(Debug)]
pub enum LogGroupRule {}

impl NameRule for LogGroupRule {
    const WHAT: &'static str = "the name of a log group";

    fn check(text: &str) -> Result<(), String> {
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
        length(text)?;
        if !text.bytes().all(may_be) {
            return Err("it has only letters without accents, digits, and . - _ / #".to_owned());
        }
        if text.starts_with("aws/") {
            return Err("it does not begin with aws/, which AWS keeps to itself".to_owned());
        }
        Ok(())
    }
}

/// What may be the name of a log stream (CloudWatch Logs API Reference, `CreateLogStream`).
#[derive(Debug)]
pub enum LogStreamRule {}

impl NameRule for LogStreamRule {
    const WHAT: &'static str = "the name of a log stream";

    fn check(text: &str) -> Result<(), String> {
        length(text)?;
        match text.contains([':', '*']) {
            true => Err("it has no : and no *".to_owned()),
            false => Ok(()),
        }
    }
}

fn length(text: &str) -> Result<(), String> {
    match text.chars().count() {
        1..=512 => Ok(()),
        _ => Err("it has 1 to 512 characters".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_a_name_that_aws_takes() {
        let longest = "g".repeat(512);
        for name in ["/aws/lambda/f", "a", "A.b-c_d/e#1", &longest] {
            assert!(LogGroupName::new(name).is_ok(), "{name}");
        }
        let longer = "g".repeat(513);
        for name in ["", "aws/f", "ä", "a b", "a*", "a:b", &longer] {
            assert!(LogGroupName::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_stream_has_a_name_that_aws_takes() {
        let longest = "ä".repeat(512);
        for name in ["2026/11/22/[$LATEST]abc", "a b", &longest] {
            assert!(LogStreamName::new(name).is_ok(), "{name}");
        }
        let longer = "s".repeat(513);
        for name in ["", "a:b", "a*", &longer] {
            assert!(LogStreamName::new(name).is_err(), "{name}");
        }
    }
}
