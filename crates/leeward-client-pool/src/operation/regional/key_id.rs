use super::{InvalidResourceName, KeyArn, Regional, arn::Arn, key_arn::is_key_id};
use leeward_error_taxonomy::{Obstacle, Region, Rejected};
use std::{fmt, str::FromStr};

/// Whatever KMS takes for a key: its ARN, its id, an alias or the ARN of an alias.
///
/// | form | in another Region |
/// |---|---|
/// | ARN of a key | as [`KeyArn`] |
/// | `mrk-1234…` | the same: replicas share the id |
/// | any other id | nowhere; of which Region it is, [`living_in`](Self::living_in) says |
/// | `alias/app` | the same: **whichever key has that alias there** |
/// | ARN of an alias | nowhere, as an alias is of one Region |
///
/// Each Region has aliases of its own ("Aliases in AWS KMS"): have `alias/app` point to replicas of one multi-Region key, or what
/// one Region encrypted no other decrypts.
///
/// ```
/// use leeward_client_pool::regional::KeyId;
/// use leeward_error_taxonomy::Region;
///
/// let replicated: KeyId = "mrk-1234abcd12ab34cd56ef1234567890ab".parse()?;
/// assert!(replicated.in_region(&Region::from_static("us-west-2")).is_ok());
///
/// let single: KeyId = "1234abcd-12ab-34cd-56ef-1234567890ab".parse()?;
/// let single = single.living_in(Region::from_static("us-east-1"));
/// assert!(single.in_region(&Region::from_static("us-west-2")).is_err());
/// # Ok::<(), leeward_client_pool::regional::InvalidResourceName>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyId(Form);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    Arn(KeyArn),
    Id { id: String, home: Option<Region> },
    Alias(String),
    AliasArn(Arn),
}

impl KeyId {
    /// Says of the id of a single-Region key in which Region it is; of another form it changes nothing.
    #[must_use]
    pub fn living_in(self, region: Region) -> Self {
        match self.0 {
            Form::Id { id, .. } if !id.starts_with("mrk-") => Self(Form::Id {
                id,
                home: Some(region),
            }),
            form => Self(form),
        }
    }

    /// The one Region that it can be used in: that of the ARN of a single-Region key or of an alias, or of an id
    /// [said to live there](Self::living_in).
    #[must_use]
    pub fn home(&self) -> Option<&Region> {
        match &self.0 {
            Form::Arn(arn) if !arn.is_multi_region() => Some(arn.region()),
            Form::AliasArn(arn) => Some(arn.region()),
            Form::Id { home, .. } => home.as_ref(),
            Form::Arn(_) | Form::Alias(_) => None,
        }
    }

    /// What KMS takes for it in `region`.
    ///
    /// # Errors
    ///
    /// [`Rejected::Unavailable`] if the key is not there, or if nobody has said where it is.
    pub fn in_region(&self, region: &Region) -> Result<Self, Rejected> {
        let reason = match &self.0 {
            Form::Arn(arn) => return arn.in_region(region).map(Self::from),
            Form::Alias(_) => return Ok(self.clone()),
            Form::Id { id, .. } if id.starts_with("mrk-") => return Ok(self.clone()),
            Form::Id { home, .. } if home.as_ref() == Some(region) => return Ok(self.clone()),
            Form::AliasArn(arn) if arn.region() == region => return Ok(self.clone()),
            Form::Id { home: None, .. } => format!(
                "{self} is the id of a single-Region key, and nobody has said whether its Region is {region}: give the ARN of the \
                 key, or say so by KeyId::living_in"
            ),
            Form::Id { home: Some(_), .. } => {
                format!("{self} is a single-Region key and cannot be used in {region}")
            }
            Form::AliasArn(_) => format!(
                "{self} is an alias of one Region and cannot be used in {region}: give the alias without the ARN if {region} has \
                 one of the same name for the same key"
            ),
        };
        Err(Rejected::unavailable_for(Obstacle::Elsewhere, reason))
    }

    const WHAT: &str = "the ARN, the id or an alias of a KMS key";
}

impl FromStr for KeyId {
    type Err = InvalidResourceName;

    fn from_str(text: &str) -> Result<Self, InvalidResourceName> {
        let invalid = |reason: String| InvalidResourceName::new(text, Self::WHAT, reason);
        if let Some(alias) = text.strip_prefix("alias/") {
            return if is_alias(alias) {
                Ok(Self(Form::Alias(text.to_owned())))
            } else {
                Err(invalid(ALIAS.to_owned()))
            };
        }
        if !text.starts_with("arn:") {
            let id = text.to_owned();
            return if is_key_id(text) {
                Ok(Self(Form::Id { id, home: None }))
            } else {
                Err(invalid(
                    "an id is made of letters, digits and hyphens, and an alias begins with alias/"
                        .to_owned(),
                ))
            };
        }
        let arn = Arn::read(text, "kms").map_err(invalid)?;
        match arn.resource().strip_prefix("alias/") {
            Some(alias) if is_alias(alias) => Ok(Self(Form::AliasArn(arn))),
            Some(_) => Err(invalid(ALIAS.to_owned())),
            None => text.parse::<KeyArn>().map(Self::from),
        }
    }
}

const ALIAS: &str =
    "an alias is alias/ and a name of letters, digits, slashes, underscores and hyphens";

/// As the API reference of `CreateAlias` has it.
fn is_alias(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
    !name.is_empty() && name.bytes().all(known)
}

impl From<KeyArn> for KeyId {
    fn from(arn: KeyArn) -> Self {
        Self(Form::Arn(arn))
    }
}

impl Regional for KeyId {
    fn name_in(&self, region: &Region) -> Result<String, Rejected> {
        self.in_region(region).map(|key| key.to_string())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Arn(arn) => fmt::Display::fmt(arn, f),
            Form::Id { id, .. } => f.write_str(id),
            Form::Alias(alias) => f.write_str(alias),
            Form::AliasArn(arn) => fmt::Display::fmt(arn, f),
        }
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    fn key(text: &str) -> KeyId {
        text.parse().unwrap()
    }

    /// Checks what a key is called in its own Region and in another; what it is refused for begins with `!`.
    #[track_caller]
    fn check(key: &KeyId, east: &str, west: &str) {
        for (region, expected) in [(EAST, east), (WEST, west)] {
            match key.name_in(&region) {
                Ok(name) => assert_eq!(name, expected),
                Err(refused) => {
                    assert!(refused.is_free_to_fail_over());
                    assert_eq!(refused.obstacle(), Some(Obstacle::Elsewhere));
                    let reason = refused.source().unwrap().to_string();
                    let expected = expected.strip_prefix('!').unwrap();
                    assert!(reason.contains(expected), "{reason}");
                }
            }
        }
    }

    #[test]
    fn what_is_of_one_region_has_its_home_there() {
        let arn = |resource: &str| key(&format!("arn:aws:kms:us-east-1:111122223333:{resource}"));
        for (key, home) in [
            (arn("key/1"), Some(&EAST)),
            (arn("key/mrk-1"), None),
            (arn("alias/mrk-app"), Some(&EAST)),
            (key("alias/app"), None),
            (key("1234-ab"), None),
            (key("1234-ab").living_in(WEST), Some(&WEST)),
            (key("mrk-1").living_in(WEST), None),
        ] {
            assert_eq!(key.home(), home, "{key}");
        }
    }

    #[test]
    fn each_form_goes_where_the_key_is() {
        let (multi, single) = (
            "arn:aws:kms:us-east-1:111122223333:key/mrk-1",
            "arn:aws:kms:us-east-1:111122223333:key/1",
        );
        check(&key(multi), multi, &multi.replace("us-east-1", "us-west-2"));
        check(&key(single), single, "!is a single-Region key and cannot");
        check(&key("mrk-1"), "mrk-1", "mrk-1");
        check(&key("1234-ab"), "!give the ARN", "!give the ARN");
        let at_home = key("1234-ab").living_in(EAST);
        check(&at_home, "1234-ab", "!is a single-Region key and cannot");
        check(&key("mrk-1").living_in(EAST), "mrk-1", "mrk-1");
        check(&key("alias/app/one"), "alias/app/one", "alias/app/one");
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/app";
        check(&key(alias), alias, "!is an alias of one Region");
        // A name like a multi-Region key's makes no multi-Region key of an alias.
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/mrk-1";
        check(&key(alias), alias, "!is an alias of one Region");
    }

    #[test]
    fn what_names_no_key_is_refused() {
        for (text, reason) in [
            ("", "letters, digits"),
            ("a b", "letters, digits"),
            ("mrk-", "letters, digits"),
            ("alias/", "alias is alias/"),
            ("alias/a b", "alias is alias/"),
            (
                "arn:aws:kms:us-east-1:111122223333:alias/",
                "alias is alias/",
            ),
            ("arn:aws:s3:us-east-1:111122223333:key/a", "service kms"),
            ("arn:aws:kms:us-east-1:111122223333:key/", "id of the key"),
        ] {
            let refused = text.parse::<KeyId>().unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
