use super::KeyringSetupError;
use leeward_client_pool::regional::KeyArn;

/// Says of which partition and accounts a [`KmsDiscoveryKeyring`](crate::KmsDiscoveryKeyring) uses keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryFilter {
    partition: String,
    accounts: Vec<String>,
}

impl DiscoveryFilter {
    /// Lets through the keys of these accounts in this partition, such as `aws`.
    ///
    /// # Errors
    ///
    /// [`KeyringSetupError::Partition`], [`KeyringSetupError::NoAccounts`] or [`KeyringSetupError::Account`] if one of them
    /// can stand in no ARN: it would let nothing through.
    pub fn new<A: Into<String>>(
        partition: impl Into<String>,
        accounts: impl IntoIterator<Item = A>,
    ) -> Result<Self, KeyringSetupError> {
        let partition = partition.into();
        let is_known = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if !partition.starts_with("aws") || !partition.bytes().all(is_known) {
            return Err(KeyringSetupError::Partition { partition });
        }
        let accounts: Vec<String> = accounts.into_iter().map(Into::into).collect();
        if accounts.is_empty() {
            return Err(KeyringSetupError::NoAccounts);
        }
        for account in &accounts {
            if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                let account = account.clone();
                return Err(KeyringSetupError::Account { account });
            }
        }
        Ok(Self {
            partition,
            accounts,
        })
    }

    pub(super) fn allows(&self, arn: &KeyArn) -> bool {
        let arn = arn.to_string();
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, _, _, account, _] = parts[..] else {
            return false;
        };
        partition == self.partition && self.accounts.iter().any(|ours| ours == account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_its_own_partition_and_accounts_through() {
        let filter = DiscoveryFilter::new("aws", ["111122223333", "444455556666"]).unwrap();
        let check = |arn: &str, expected: bool| {
            assert_eq!(filter.allows(&arn.parse().unwrap()), expected, "{arn}");
        };
        check("arn:aws:kms:us-east-1:111122223333:key/a", true);
        check("arn:aws:kms:eu-west-1:444455556666:key/mrk-a", true);
        check("arn:aws:kms:us-east-1:777788889999:key/a", false);
        check("arn:aws-cn:kms:cn-north-1:111122223333:key/a", false);
    }

    #[test]
    fn says_what_would_let_nothing_through() {
        #[track_caller]
        fn check(partition: &str, accounts: &[&str], expected: &str) {
            let refused = DiscoveryFilter::new(partition, accounts.iter().copied());
            assert_eq!(refused.unwrap_err().to_string(), expected);
        }
        check(
            "us-east-1",
            &["111122223333"],
            "\"us-east-1\" is no partition: give aws, aws-cn or aws-us-gov",
        );
        check(
            "aws",
            &[],
            "a discovery filter without accounts lets nothing through: name those whose keys may be used",
        );
        check(
            "aws",
            &["1111-2222-3333"],
            "\"1111-2222-3333\" is no account: give its twelve digits",
        );
    }
}
