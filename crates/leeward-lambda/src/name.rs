use leeward_client_pool::{Name, NameRule};

/// Stands for what a [`FunctionName`] names.
#[derive(Debug)]
pub enum Function {}

/// Stands for what a [`Qualifier`] names.
#[derive(Debug)]
pub enum FunctionVersion {}

/// What names a function: `orders`, its ARN, or its ARN from the account on; with a version or an alias after a colon if need be.
///
/// As the parameter `FunctionName` of `Invoke` has it in the Lambda API Reference, and `CreateFunction` the name itself.
///
/// ```
/// use leeward_lambda::FunctionName;
///
/// for text in ["orders", "orders:live", "arn:aws:lambda:eu-west-1:111122223333:function:orders:7"] {
///     let name: FunctionName = text.parse()?;
///     assert_eq!(name.as_str(), text);
/// }
/// assert!("orders/live".parse::<FunctionName>().is_err());
/// # Ok::<(), leeward_lambda::InvalidResourceName>(())
/// ```
pub type FunctionName = Name<Function>;

/// A version or an alias of a function: `7`, `live`, `$LATEST`.
pub type Qualifier = Name<FunctionVersion>;

impl NameRule for Function {
    const WHAT: &'static str = "the name of a function";

    fn check(text: &str) -> Result<(), String> {
        if text.len() > 256 {
            return Err("it has 256 characters at the most".to_owned());
        }
        let rest = match text.starts_with("arn:") {
            true => after_arn(text)?,
            false => after_account(text)?,
        };
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        if !(1..=64).contains(&name.len()) || !name.bytes().all(is_of_a_name) {
            return Err("the name itself has 1 to 64 letters, digits, - and _".to_owned());
        }
        qualifier.map_or(Ok(()), FunctionVersion::check)
    }
}

impl NameRule for FunctionVersion {
    const WHAT: &'static str = "a version or an alias of a function";

    fn check(text: &str) -> Result<(), String> {
        let is_latest = matches!(text, "$LATEST" | "$LATEST.PUBLISHED");
        if is_latest || ((1..=128).contains(&text.len()) && text.bytes().all(is_of_a_name)) {
            return Ok(());
        }
        Err("a version or an alias is $LATEST, or has 1 to 128 letters, digits, - and _".to_owned())
    }
}

fn after_arn(text: &str) -> Result<&str, String> {
    let parts: Vec<&str> = text.splitn(7, ':').collect();
    let [_, partition, "lambda", region, account, "function", rest] = parts[..] else {
        return Err(
            "an ARN of a function is arn:aws:lambda:REGION:ACCOUNT:function:NAME".to_owned(),
        );
    };
    if !partition.starts_with("aws") || region.is_empty() {
        return Err("its ARN names a partition such as aws, and a Region".to_owned());
    }
    check_account(account).map(|()| rest)
}

/// What is behind `111122223333:function:`, or all if there is no account.
fn after_account(text: &str) -> Result<&str, String> {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    match parts[..] {
        [account, "function", rest] => check_account(account).map(|()| rest),
        _ => Ok(text),
    }
}

fn check_account(account: &str) -> Result<(), String> {
    match account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(()),
        false => Err("the number of the account has twelve digits".to_owned()),
    }
}

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_lambda_takes() {
        let longest = "f".repeat(64);
        for text in [
            "orders",
            "orders_2-b",
            &longest,
            "orders:live",
            "orders:$LATEST",
            "111122223333:function:orders",
            "111122223333:function:orders:7",
            "arn:aws:lambda:us-east-1:111122223333:function:orders",
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:orders:live",
        ] {
            assert_eq!(Function::check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses_what_lambda_refuses() {
        let (too_long, far_too_long) = ("f".repeat(65), "f".repeat(257));
        for text in [
            "",
            "or ders",
            "orders.v2",
            "orders:",
            "orders:a:b",
            &too_long,
            &far_too_long,
            "1111:function:orders",
            ":function:orders",
            "111122223333:x:function:orders",
            "111122223333:aaaaaaaaé:function:orders",
            "orders:function:live",
            "arn:aws:lambda:us-east-1:111122223333:layer:orders",
            "arn:aws:sqs:us-east-1:111122223333:orders",
            "arn:aws:lambda::111122223333:function:orders",
            "arn:aws:lambda:us-east-1:1:function:orders",
        ] {
            assert!(Function::check(text).is_err(), "{text}");
        }
        for text in ["", "a b", "$latest", "live:1"] {
            assert!(FunctionVersion::check(text).is_err(), "{text}");
        }
    }
}
