use leeward_client_pool::{Name, NameRule};

/// The name of a table, or its ARN: `orders`, `arn:aws:dynamodb:us-east-1:111122223333:table/orders`.
///
/// The rule is that of `TableName` of *CreateTable* in the API reference: 3 to 255 of `a-z`, `A-Z`, `0-9`, `_`, `-` and `.`.
pub type TableName = Name<Table>;

/// The name of a secondary index of a table: `by-customer`.
///
/// The rule is that of `IndexName` of *Query* in the API reference: 3 to 255 of `a-z`, `A-Z`, `0-9`, `_`, `-` and `.`.
///
/// ```
/// use leeward_dynamodb::IndexName;
///
/// let index: IndexName = "by-customer".parse()?;
/// assert_eq!(
///     IndexName::new("by customer").unwrap_err().to_string(),
///     r#""by customer" is not the name of an index: it has only letters, digits, '_', '-' and '.'"#,
/// );
/// # Ok::<(), leeward_dynamodb::InvalidResourceName>(())
/// ```
pub type IndexName = Name<Index>;

/// What makes two sendings of a transaction one: 1 to 36 characters, as `ClientRequestToken` of *TransactWriteItems* has it.
pub type TransactionToken = Name<Token>;

/// Stands for the rule of a [`TableName`].
#[derive(Debug)]
pub enum Table {}

impl NameRule for Table {
    const WHAT: &'static str = "the name of a table";

    fn check(text: &str) -> Result<(), String> {
        let name = match text.starts_with("arn:") {
            true => named_by(text)
                .ok_or("the ARN of a table is arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME")?,
            false => text,
        };
        check_word(name)
    }
}

/// The rule that tables and indexes share.
fn check_word(name: &str) -> Result<(), String> {
    if !(3..=255).contains(&name.len()) {
        return Err("it has 3 to 255 characters".to_owned());
    }
    let may_be = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.chars().all(may_be) {
        true => Ok(()),
        false => Err("it has only letters, digits, '_', '-' and '.'".to_owned()),
    }
}

fn named_by(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':').skip(1);
    let partition = parts.next()?;
    let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
    let has_all = [partition, region, account]
        .iter()
        .all(|part| !part.is_empty());
    let name = parts.next()?.strip_prefix("table/")?;
    (has_all && service == "dynamodb").then_some(name)
}

/// Stands for the rule of an [`IndexName`].
#[derive(Debug)]
pub enum Index {}

impl NameRule for Index {
    const WHAT: &'static str = "the name of an index";

    fn check(text: &str) -> Result<(), String> {
        check_word(text)
    }
}

/// Stands for the rule of a [`TransactionToken`].
#[derive(Debug)]
pub enum Token {}

impl NameRule for Token {
    const WHAT: &'static str = "the token of a transaction";

    fn check(text: &str) -> Result<(), String> {
        match text.chars().count() {
            1..=36 => Ok(()),
            _ => Err("it has 1 to 36 characters".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_dynamodb_takes() {
        let longest = "a".repeat(255);
        let arn = "arn:aws-cn:dynamodb:cn-north-1:111122223333:table/orders";
        for name in ["abc", "A-z_0.9", longest.as_str(), arn] {
            assert_eq!(TableName::new(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_the_rest_with_the_rule() {
        let too_long = "a".repeat(256);
        for (name, rule) in [
            ("ab", "3 to 255"),
            ("", "3 to 255"),
            (too_long.as_str(), "3 to 255"),
            ("orders/eu", "only letters"),
            ("zürich", "only letters"),
            ("arn:aws:sqs:us-east-1:111122223333:table/orders", "the ARN"),
            ("arn:aws:dynamodb:us-east-1:111122223333:orders", "the ARN"),
            (
                "arn:aws:dynamodb:us-east-1:111122223333:table/orders/index/by-date",
                "only letters",
            ),
            ("arn:aws:dynamodb:us-east-1::table/orders", "the ARN"),
        ] {
            let error = TableName::new(name).unwrap_err().to_string();
            assert!(error.contains(rule), "{error}");
        }
        assert!(TransactionToken::new("t".repeat(37)).is_err());
        assert!(TransactionToken::new("").is_err());
    }

    #[test]
    fn an_index_has_a_name_that_dynamodb_takes() {
        let longest = "a".repeat(255);
        for name in ["abc", "A-z_0.9", longest.as_str()] {
            assert!(IndexName::new(name).is_ok(), "{name}");
        }
        let too_long = "a".repeat(256);
        for (name, rule) in [
            ("ab", "3 to 255"),
            (too_long.as_str(), "3 to 255"),
            ("by customer", "only letters"),
            ("ünder", "only letters"),
            // The ARN of a table stands for its name, that of an index does not.
            (
                "arn:aws:dynamodb:us-east-1:111122223333:table/orders/index/by-date",
                "only letters",
            ),
        ] {
            let error = IndexName::new(name).unwrap_err().to_string();
            assert!(error.contains(rule), "{error}");
        }
    }
}
