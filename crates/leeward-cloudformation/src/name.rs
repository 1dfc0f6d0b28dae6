use leeward_client_pool::{Name, NameRule};
use std::fmt;

/// The name of a stack: one per account and Region, free again when the stack is deleted.
pub type StackName = Name<StackNameRule>;

/// The ARN of a stack: it names the stack when that is deleted too, for as long as CloudFormation remembers it (90 days).
pub type StackId = Name<StackIdRule>;

/// The name of a change set: one per stack.
pub type ChangeSetName = Name<ChangeSetNameRule>;

/// What may be the name of a stack (*CreateStack*, `StackName`, CloudFormation API reference).
#[derive(Debug)]
pub enum StackNameRule {}

/// What may be the ARN of a stack.
#[derive(Debug)]
pub enum StackIdRule {}

/// What may be the name of a change set (*CreateChangeSet*, `ChangeSetName`, CloudFormation API reference).
#[derive(Debug)]
pub enum ChangeSetNameRule {}

const MAX_NAME: usize = 128;

impl NameRule for StackNameRule {
    const WHAT: &'static str = "the name of a stack";

    fn check(text: &str) -> Result<(), String> {
        check_word(text)
    }
}

impl NameRule for ChangeSetNameRule {
    const WHAT: &'static str = "the name of a change set";

    fn check(text: &str) -> Result<(), String> {
        check_word(text)
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
            Some((name, id)) if !id.is_empty() => check_word(name),
            _ => Err("it ends in stack/, the name, and an id of its own".to_owned()),
        }
    }
}

fn check_word(text: &str) -> Result<(), String> {
    let is_in = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.is_empty() || text.len() > MAX_NAME {
        Err(format!("it has 1 to {MAX_NAME} characters"))
    } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Err("it begins with a letter".to_owned())
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
