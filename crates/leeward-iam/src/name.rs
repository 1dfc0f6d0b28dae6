use leeward_client_pool::{Name, NameRule};

/// The name of a role, without its path: 1 to 64 letters, digits and `+=,.@_-` (`CreateRole`, IAM API Reference).
///
/// ```
/// use leeward_iam::RoleName;
///
/// let role: RoleName = "ledger-reader".parse()?;
/// let error = "team/ledger-reader".parse::<RoleName>().unwrap_err();
/// assert!(error.to_string().contains("without its path"));
/// # Ok::<(), leeward_iam::InvalidResourceName>(())
/// ```
pub type RoleName = Name<Role>;

/// The name of a policy: 1 to 128 letters, digits and `+=,.@_-` (`PutRolePolicy`).
pub type PolicyName = Name<PolicyTitle>;

/// The ARN of a managed policy, of the account or of AWS.
pub type PolicyArn = Name<Policy>;

/// The beginning of the path of roles, such as `/team/`; `/` for all (`ListRoles`).
pub type PathPrefix = Name<Path>;

/// The beginning of the path of policies: that of whole folders, so `/team/` and not `/team`; `/` for all (`ListPolicies`).
pub type PolicyPathPrefix = Name<PolicyPath>;

/// Who is asked about: the ARN of a user, a role or a group, or that of a role's session as `GetCallerIdentity` has it.
///
/// ```
/// use leeward_iam::PrincipalArn;
///
/// for arn in ["arn:aws:iam::111122223333:role/team/app", "arn:aws:sts::111122223333:assumed-role/app/i-0123"] {
///     let principal: PrincipalArn = arn.parse()?;
///     assert_eq!(principal.as_str(), arn);
/// }
/// assert!("arn:aws:iam::111122223333:root".parse::<PrincipalArn>().is_err());
/// # Ok::<(), leeward_iam::InvalidResourceName>(())
/// ```
pub type PrincipalArn = Name<Principal>;

/// What a policy allows, such as `s3:GetObject`: one action, as the simulator takes no wildcard (`SimulatePrincipalPolicy`).
pub type ActionName = Name<Action>;

/// What it is done to: an ARN, or `*` for anything.
pub type ResourceArn = Name<Resource>;

macro_rules! kinds {
    ($($kind:ident $name:ident),*) => {
        $(
            #[doc = concat!("Stands for what a [`", stringify!($name), "`] names.")]
            #[derive(Debug)]
            pub enum $kind {}
        )*
    };
}

kinds!(
    Role RoleName,
    PolicyTitle PolicyName,
    Policy PolicyArn,
    Path PathPrefix,
    PolicyPath PolicyPathPrefix,
    Principal PrincipalArn,
    Action ActionName,
    Resource ResourceArn
);

impl NameRule for Role {
    const WHAT: &'static str = "the name of a role";

    fn check(text: &str) -> Result<(), String> {
        plain(text, 64).ok_or_else(|| {
            "a role has 1 to 64 letters, digits and +=,.@_-, without its path".to_owned()
        })
    }
}

impl NameRule for PolicyTitle {
    const WHAT: &'static str = "the name of a policy";

    fn check(text: &str) -> Result<(), String> {
        plain(text, 128)
            .ok_or_else(|| "a policy has 1 to 128 letters, digits and +=,.@_-".to_owned())
    }
}

impl NameRule for Policy {
    const WHAT: &'static str = "the ARN of a managed policy";

    fn check(text: &str) -> Result<(), String> {
        let arn = Arn::read(text)?;
        let is_owned = arn.account == "aws" || is_account(arn.account);
        let path = arn.resource.strip_prefix("policy/").unwrap_or_default();
        if arn.service == "iam" && is_owned && !path.is_empty() && text.len() <= 2048 {
            return Ok(());
        }
        Err(
            "it is arn:aws:iam::ACCOUNT:policy/NAME, and of policies of AWS the account is aws"
                .to_owned(),
        )
    }
}

impl NameRule for Path {
    const WHAT: &'static str = "the beginning of a path";

    fn check(text: &str) -> Result<(), String> {
        let is_path = text.starts_with('/') && text.len() <= 512;
        if is_path && text.bytes().all(|byte| (0x21..=0x7f).contains(&byte)) {
            return Ok(());
        }
        Err("it begins with / and has 512 ASCII characters at the most, and no blank".to_owned())
    }
}

impl NameRule for PolicyPath {
    const WHAT: &'static str = "the beginning of a path of policies";

    fn check(text: &str) -> Result<(), String> {
        let is_folder = |name: &str| plain(name, 512).is_some();
        let folders = text.strip_prefix('/').map(|rest| rest.strip_suffix('/'));
        let is_path = match folders {
            Some(Some(folders)) => folders.split('/').all(is_folder),
            _ => text == "/",
        };
        if is_path && text.len() <= 512 {
            return Ok(());
        }
        Err(
            "it begins and ends with /, between which are letters, digits and +=,.@_-, 512 characters at the most"
                .to_owned(),
        )
    }
}

impl NameRule for Principal {
    const WHAT: &'static str = "the ARN of a principal";

    fn check(text: &str) -> Result<(), String> {
        let arn = Arn::read(text)?;
        if !is_account(arn.account) {
            return Err("the number of the account has twelve digits".to_owned());
        }
        let parts: Vec<&str> = arn.resource.split('/').collect();
        let is_principal = match (arn.service, &parts[..]) {
            ("iam", ["user" | "role" | "group", .., name]) => !name.is_empty(),
            ("sts", ["assumed-role", role, session]) => !role.is_empty() && !session.is_empty(),
            _ => false,
        };
        match is_principal {
            true => Ok(()),
            false => Err(
                "IAM knows the policies of users, roles (and their sessions) and groups only"
                    .to_owned(),
            ),
        }
    }
}

impl NameRule for Action {
    const WHAT: &'static str = "the name of an action";

    fn check(text: &str) -> Result<(), String> {
        let is_word = |word: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !word.is_empty() && word.bytes().all(fits)
        };
        match text.split_once(':') {
            Some((service, name)) if is_word(service) && is_word(name) && text.len() <= 128 => {
                Ok(())
            }
            _ => Err("it is SERVICE:ACTION as in s3:GetObject, without a wildcard".to_owned()),
        }
    }
}

impl NameRule for Resource {
    const WHAT: &'static str = "the ARN of a resource";

    fn check(text: &str) -> Result<(), String> {
        match text {
            "*" => Ok(()),
            _ if text.len() > 2048 => Err("it has 2,048 characters at the most".to_owned()),
            _ => Arn::read(text).map(drop),
        }
    }
}

/// The role of a session and the account that it is in, if a principal is one.
pub(crate) fn session(principal: &PrincipalArn) -> Option<(&str, &str)> {
    let arn = Arn::read(principal.as_str()).ok()?;
    let (role, _) = arn
        .resource
        .strip_prefix("assumed-role/")?
        .split_once('/')?;
    Some((arn.account, role))
}

/// The account in an ARN.
pub(crate) fn account(arn: &str) -> Option<&str> {
    Arn::read(arn).ok().map(|arn| arn.account)
}

struct Arn<'a> {
    service: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", partition, service, _, account, resource]
                if partition.starts_with("aws") && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Self {
                    service,
                    account,
                    resource,
                })
            }
            _ => Err("it is arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE".to_owned()),
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn plain(text: &str, max: usize) -> Option<()> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    ((1..=max).contains(&text.len()) && text.bytes().all(fits)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<R: NameRule>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(R::check(text), Ok(()), "{text}");
        }
        for text in bad {
            assert!(R::check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_those_that_iam_takes() {
        let (longest, too_long) = ("r".repeat(64), "r".repeat(65));
        check::<Role>(
            &["app", "a+=,.@_-9", &longest],
            &["", "a b", "team/app", "é", &too_long],
        );
        check::<PolicyTitle>(&["p", &too_long], &["", "a/b", &"p".repeat(129)]);
        check::<Path>(&["/", "/team/", "/team"], &["", "team/", "/a b"]);
        check::<PolicyPath>(
            &["/", "/team/", "/team/a+=,.@_-9/"],
            &["", "//", "/team", "team/", "/a b/", "/a//b/", "/team!/"],
        );
        check::<Action>(
            &["s3:GetObject", "iam:CreateUser", "execute-api:Invoke"],
            &[
                "GetObject",
                "s3:",
                ":x",
                "s3:Get*",
                "kms:ReEncrypt*",
                "s3:a:b",
            ],
        );
    }

    #[test]
    fn arns_are_those_that_the_simulator_takes() {
        check::<Principal>(
            &[
                "arn:aws:iam::111122223333:user/eve",
                "arn:aws-cn:iam::111122223333:role/a/b/c",
                "arn:aws:iam::111122223333:group/readers",
                "arn:aws:sts::111122223333:assumed-role/app/session",
            ],
            &[
                "",
                "arn:aws:iam::111122223333:root",
                "arn:aws:iam::1:role/app",
                "arn:aws:iam::111122223333:role/",
                "arn:aws:iam::111122223333:policy/app",
                "arn:aws:sts::111122223333:assumed-role/app",
                "arn:aws:sts::111122223333:federated-user/eve",
            ],
        );
        check::<Policy>(
            &[
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "arn:aws:iam::111122223333:policy/a/b",
            ],
            &[
                "arn:aws:iam::aws:role/x",
                "arn:aws:iam::111122223333:policy/",
                "ReadOnlyAccess",
            ],
        );
        check::<Resource>(&["*", "arn:aws:s3:::b/k"], &["", "b/k", "arn:aws:s3"]);
    }

    #[test]
    fn a_session_is_of_a_role() {
        let principal = |arn: &str| arn.parse::<PrincipalArn>().unwrap();
        let of = principal("arn:aws:sts::111122223333:assumed-role/app/i-1");
        assert_eq!(session(&of), Some(("111122223333", "app")));
        assert_eq!(
            session(&principal("arn:aws:iam::111122223333:role/app")),
            None
        );
    }
}
