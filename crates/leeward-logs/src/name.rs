use leeward_client_pool::{Arn, Name, NameRule, regional::InvalidResourceName};

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

/// The ARN of the KMS key that the events of a log group are encrypted with, or of an alias of it: what AWS would refuse is refused
/// where it is read, with the rule.
///
/// ```
/// use leeward_logs::LogKeyArn;
///
/// let key: LogKeyArn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?;
/// assert_eq!(
///     LogKeyArn::new("alias/logs").unwrap_err().to_string(),
///     r#""alias/logs" is not the ARN of a KMS key: it must have six parts, separated by colons"#,
/// );
/// # Ok::<(), leeward_logs::InvalidResourceName>(())
/// ```
pub type LogKeyArn = Name<LogKeyRule>;

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

/// What may be the ARN of a key (CloudWatch Logs API Reference, `CreateLogGroup`; the pattern of `KmsKeyId` in the schema of
/// `AWS::Logs::LogGroup` takes aliases too).
#[derive(Debug)]
pub enum LogKeyRule {}

impl NameRule for LogKeyRule {
    const WHAT: &'static str = "the ARN of a KMS key";

    fn check(text: &str) -> Result<(), String> {
        if text.chars().count() > 256 {
            return Err("it has 256 characters at the most".to_owned());
        }
        let arn: Arn = text
            .parse()
            .map_err(|invalid: InvalidResourceName| invalid.reason().to_owned())?;
        if !names_key(&arn) {
            return Err(
                "it is arn:aws:kms:REGION:ACCOUNT:key/ID, or alias/NAME at its end".to_owned(),
            );
        }
        let is_number = |account: &str| account.bytes().all(|byte| byte.is_ascii_digit());
        match arn.account().is_some_and(is_number) {
            true => Ok(()),
            false => {
                Err("its fifth part must be the number of an account, twelve digits".to_owned())
            }
        }
    }
}

/// Whether it is of a key or an alias in a Region, in whatever account.
fn names_key(arn: &Arn) -> bool {
    let id = match arn.resource().split_once('/') {
        Some(("key" | "alias", id)) => id,
        _ => return false,
    };
    arn.service() == "kms" && arn.region().is_some() && !id.is_empty()
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

    #[test]
    fn a_key_is_given_by_an_arn_that_aws_takes() {
        let beginning = "arn:aws:kms:us-east-1:111122223333:alias/";
        let longest = format!("{beginning}{}", "k".repeat(256 - beginning.len()));
        for arn in [
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234",
            "arn:aws:kms:us-east-1:111122223333:alias/team/logs",
            &longest,
        ] {
            assert!(LogKeyArn::new(arn).is_ok(), "{arn}");
        }
        let longer = LogKeyArn::new(format!("{longest}k")).unwrap_err();
        assert!(longer.to_string().contains("256 characters"), "{longer}");
        for (odd, rule) in [
            ("", "six parts"),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", "six parts"),
            ("alias/logs", "six parts"),
            ("arn:aws:kms:us-east-1:111122223333:", "name a resource"),
            (
                "arn:aws:kms:Virginia:111122223333:key/1234",
                "a Region such as us-east-1",
            ),
            (
                "arn:aws:kms:cn-north-1:111122223333:key/1234",
                "the partition aws-cn",
            ),
            ("arn:aws:kms:us-east-1:1111:key/1234", "twelve digits"),
            ("arn:aws:kms:us-east-1::key/1234", "twelve digits"),
            ("arn:aws:kms:us-east-1:aws:key/1234", "twelve digits"),
            ("arn:aws:kms:us-east-1:111122223333:key/", ":key/ID"),
            ("arn:aws:kms:us-east-1:111122223333:key", ":key/ID"),
            ("arn:aws:kms:us-east-1:111122223333:grant/1", ":key/ID"),
            ("arn:aws:kms::111122223333:key/1234", ":key/ID"),
            ("arn:aws:s3:us-east-1:111122223333:key/1234", ":key/ID"),
        ] {
            let refused = LogKeyArn::new(odd).unwrap_err().to_string();
            assert!(refused.contains(rule), "{refused}");
        }
    }
}
