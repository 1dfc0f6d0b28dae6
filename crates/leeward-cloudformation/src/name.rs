use leeward_client_pool::{Name, NameRule, Role};
use std::fmt;

/// The name of a stack: one per account and Region, free again when the stack is deleted.
pub type StackName = Name<StackNameRule>;

/// The ARN of a stack: it names the stack when that is deleted too, for as long as CloudFormation remembers it (90 days).
pub type StackId = Name<StackIdRule>;

/// The name of a change set: one per stack.
pub type ChangeSetName = Name<ChangeSetNameRule>;

/// What the template calls a resource: `Archive`. One of a module has the module's name before its own: `StorageArchive`, or with a
/// period, `Storage.Archive`.
///
/// ```
/// use leeward_cloudformation::LogicalId;
///
/// let archive: LogicalId = "Archive".parse()?;
/// assert_eq!(
///     LogicalId::new("orders-archive").unwrap_err().to_string(),
///     r#""orders-archive" is not the logical id of a resource: it has letters and digits, and periods behind the names of modules"#,
/// );
/// # Ok::<(), leeward_cloudformation::InvalidResourceName>(())
/// ```
pub type LogicalId = Name<LogicalIdRule>;

/// What makes two sendings of a change one, and stands in each of its events.
pub type RequestToken = Name<RequestTokenRule>;

/// The ARN of a role that CloudFormation acts as: `arn:aws:iam::111122223333:role/deploy`.
pub type RoleArn = Name<RoleArnRule>;

/// What may be the name of a stack (*CreateStack*, `StackName`, CloudFormation API reference).
#[derive(Debug)]
pub enum StackNameRule {}

/// What may be the ARN of a stack.
#[derive(Debug)]
pub enum StackIdRule {}

/// What may be the name of a change set (*CreateChangeSet*, `ChangeSetName`, CloudFormation API reference).
#[derive(Debug)]
pub enum ChangeSetNameRule {}

/// What may be the logical id of a resource.
///
/// The API reference says nothing of `LogicalResourceId`. "Resources section" in the CloudFormation User Guide has letters and digits,
/// "CloudFormation quotas" 255 characters, which are taken to be those of the whole, and "Reference module resources" the period.
#[derive(Debug)]
pub enum LogicalIdRule {}

/// What may be the token of a change (*CreateStack*, `ClientRequestToken`, CloudFormation API reference).
///
/// `ClientToken` of *CreateChangeSet* may have any characters; a token goes with either call, so it has those that both take.
#[derive(Debug)]
pub enum RequestTokenRule {}

/// What may be the ARN of a role ("IAM identifiers", IAM User Guide). None gets to the 2,048 characters of *CreateStack*, `RoleARN`.
#[derive(Debug)]
pub enum RoleArnRule {}

const MAX_NAME: usize = 128;

impl NameRule for StackNameRule {
    const WHAT: &'static str = "the name of a stack";

    fn check(text: &str) -> Result<(), String> {
        check_word(text, LETTER)
    }
}

impl NameRule for ChangeSetNameRule {
    const WHAT: &'static str = "the name of a change set";

    fn check(text: &str) -> Result<(), String> {
        check_word(text, LETTER)
    }
}

impl NameRule for StackIdRule {
    const WHAT: &'static str = "the id of a stack";

    fn check(text: &str) -> Result<(), String> {
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let ["arn", _, "cloudformation", _, _, resource] = parts[..] else {
            return Err("it is an ARN of CloudFormation".to_owned());
        };
        match resource
            .strip_prefix("stack/")
            .and_then(|rest| rest.split_once('/'))
        {
            Some((name, id)) if !id.is_empty() => check_word(name, LETTER),
            _ => Err("it ends in stack/, the name, and an id of its own".to_owned()),
        }
    }
}

impl NameRule for LogicalIdRule {
    const WHAT: &'static str = "the logical id of a resource";

    fn check(text: &str) -> Result<(), String> {
        let is_in = |c: char| c.is_ascii_alphanumeric() || c == '.';
        if !text.chars().all(is_in) {
            return Err(
                "it has letters and digits, and periods behind the names of modules".to_owned(),
            );
        }
        if text.is_empty() || text.len() > 255 {
            return Err("it has 1 to 255 characters".to_owned());
        }
        match text.split('.').any(str::is_empty) {
            true => Err("it has a name on either side of a period".to_owned()),
            false => Ok(()),
        }
    }
}

impl NameRule for RequestTokenRule {
    const WHAT: &'static str = "the token of a request";

    fn check(text: &str) -> Result<(), String> {
        check_word(text, LETTER_OR_DIGIT)
    }
}

impl NameRule for RoleArnRule {
    const WHAT: &'static str = "the ARN of a role";

    fn check(text: &str) -> Result<(), String> {
        Role::new(text)
            .map(drop)
            .map_err(|invalid| invalid.reason().to_owned())
    }
}

/// What a word begins with: what it is called, and whether a character is one.
type Beginning = (&'static str, fn(&char) -> bool);

const LETTER: Beginning = ("a letter", char::is_ascii_alphabetic);
const LETTER_OR_DIGIT: Beginning = ("a letter or a digit", char::is_ascii_alphanumeric);

fn check_word(text: &str, (beginning, is_beginning): Beginning) -> Result<(), String> {
    let is_in = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.is_empty() || text.len() > MAX_NAME {
        Err(format!("it has 1 to {MAX_NAME} characters"))
    } else if !text.starts_with(|c: char| is_beginning(&c)) {
        Err(format!("it begins with {beginning}"))
    } else if !text.chars().all(is_in) {
        Err("it has letters, digits and hyphens".to_owned())
    } else {
        Ok(())
    }
}

/// A stack by its name or by its id: what the verbs take, made of either by itself.
///
/// ```
/// use leeward_cloudformation::{StackName, StackRef};
///
/// let orders: StackName = "orders".parse()?;
/// assert_eq!(StackRef::from(&orders).as_str(), "orders");
/// # Ok::<(), leeward_cloudformation::InvalidResourceName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StackRef(Either);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Either {
    Name(StackName),
    Id(StackId),
}

impl StackRef {
    /// The name or the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Either::Name(name) => name.as_str(),
            Either::Id(id) => id.as_str(),
        }
    }
}

impl fmt::Display for StackRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<StackName> for StackRef {
    fn from(name: StackName) -> Self {
        Self(Either::Name(name))
    }
}

impl From<&StackName> for StackRef {
    fn from(name: &StackName) -> Self {
        name.clone().into()
    }
}

impl From<StackId> for StackRef {
    fn from(id: StackId) -> Self {
        Self(Either::Id(id))
    }
}

impl From<&StackId> for StackRef {
    fn from(id: &StackId) -> Self {
        id.clone().into()
    }
}

impl From<&Self> for StackRef {
    fn from(stack: &Self) -> Self {
        stack.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_aws_would_refuse_is_refused() {
        let long = "a".repeat(129);
        for (text, rule) in [
            ("", "1 to 128 characters"),
            (&*long, "1 to 128 characters"),
            ("1orders", "begins with a letter"),
            ("orders_test", "letters, digits and hyphens"),
        ] {
            let refused = StackName::new(text).unwrap_err().to_string();
            assert!(refused.ends_with(rule), "{refused}");
        }
        assert!(StackName::new(&long[..128]).is_ok());
        assert!(ChangeSetName::new("add-topic-2").is_ok());
    }

    #[track_caller]
    fn refuses<R: NameRule>(text: &str, rule: &str) {
        let refused = Name::<R>::new(text).unwrap_err().to_string();
        assert!(refused.contains(rule), "{refused}");
    }

    #[test]
    fn a_logical_id_has_letters_and_digits_and_the_names_of_modules_before_it() {
        let long = "a".repeat(256);
        let of_module = format!("Storage.{}", &long[8..]);
        for id in [
            "Archive",
            "0",
            &long[1..],
            "StorageArchive",
            "Storage.Archive",
            "A.B.C",
            &of_module[1..],
        ] {
            assert!(LogicalId::new(id).is_ok(), "{id}");
        }
        for id in ["", &long, &of_module] {
            refuses::<LogicalIdRule>(id, "1 to 255 characters");
        }
        for id in [".", ".Archive", "Storage.", "Storage..Archive"] {
            refuses::<LogicalIdRule>(id, "either side of a period");
        }
        for id in ["orders-archive", "a&b", "a b", "Größe"] {
            refuses::<LogicalIdRule>(id, "letters and digits");
        }
    }

    #[test]
    fn a_token_is_one_that_every_change_takes() {
        let long = "a".repeat(129);
        let drawn = crate::service::token();
        for token in ["a", "9", "Console-CreateStack-7f59", &long[1..], &drawn] {
            assert!(RequestToken::new(token).is_ok(), "{token}");
        }
        refuses::<RequestTokenRule>("", "1 to 128 characters");
        refuses::<RequestTokenRule>(&long, "1 to 128 characters");
        for token in ["-a", "_a"] {
            refuses::<RequestTokenRule>(token, "begins with a letter or a digit");
        }
        refuses::<RequestTokenRule>("one_and_only", "letters, digits and hyphens");
    }

    #[test]
    fn a_role_is_given_by_its_arn() {
        for arn in [
            "arn:aws:iam::111122223333:role/deploy",
            "arn:aws-cn:iam::111122223333:role/a/b/deploy",
        ] {
            assert!(RoleArn::new(arn).is_ok(), "{arn}");
        }
        let name = "d".repeat(65);
        let path = format!("{}/", "p".repeat(511));
        for (resource, rule) in [
            ("user/deploy", "names no role/"),
            ("role/", "1 to 64 letters"),
            (&*format!("role/{name}"), "1 to 64 letters"),
            (&*format!("role/{path}deploy"), "its path"),
        ] {
            let arn = format!("arn:aws:iam::111122223333:{resource}");
            refuses::<RoleArnRule>(&arn, rule);
        }
        refuses::<RoleArnRule>("deploy", "begin with arn:");
        refuses::<RoleArnRule>(
            "arn:aws:sts::111122223333:assumed-role/deploy/ci",
            "names a session, not a role",
        );
    }

    #[test]
    fn an_id_is_the_arn_of_a_stack() {
        let id = "arn:aws:cloudformation:us-east-1:111122223333:stack/orders/0e7e2a10-27d0-11ee-be56-0242ac120002";
        assert!(StackId::new(id).is_ok());
        for odd in [
            "orders",
            "arn:aws:s3:::stack/orders/1",
            "arn:aws:cloudformation:us-east-1:111122223333:stack/orders",
        ] {
            assert!(StackId::new(odd).is_err(), "{odd}");
        }
    }
}
