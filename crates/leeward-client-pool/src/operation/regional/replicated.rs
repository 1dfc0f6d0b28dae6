use super::{InvalidResourceName, Regional, arn::Arn};
use leeward_error_taxonomy::{Obstacle, Region, Rejected};
use std::fmt;

/// The ARN of a secret or a table that has replicas, which differ from it in the Region of their ARN alone.
///
/// No ARN tells where there are replicas: that is for [`replicated_in`](Self::replicated_in), and without it the resource stays
/// at home. By its name rather than an ARN, a secret or a table is called the same in each Region and needs none of this.
///
/// ```
/// use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueInput, builders::GetSecretValueInputBuilder};
/// use leeward_client_pool::{Op, regional::ReplicatedArn};
/// use leeward_error_taxonomy::Region;
/// use leeward_resilience::Request;
///
/// let secret = ReplicatedArn::secret("arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3")?
///     .replicated_in([Region::from_static("us-west-2")]);
/// let read = Op::new(GetSecretValueInput::builder(), GetSecretValueInputBuilder::send_with)
///     .naming(secret, GetSecretValueInputBuilder::secret_id);
/// assert!(read.for_region(&Region::from_static("us-west-2")).is_ok());
/// assert!(read.for_region(&Region::from_static("eu-west-1")).is_err());
/// # Ok::<(), leeward_client_pool::regional::InvalidResourceName>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ReplicatedArn {
    arn: Arn,
    // All Regions that have it, its own first.
    regions: Vec<Region>,
}

impl ReplicatedArn {
    /// A secret: `arn:aws:secretsmanager:us-east-1:111122223333:secret:name-a1b2c3`.
    ///
    /// A replica has the ARN of its primary but for the Region, the six characters at the end included (Secrets Manager User
    /// Guide, "Replicate AWS Secrets Manager secrets across Regions"). It can be read, not changed.
    ///
    /// # Errors
    ///
    /// [`InvalidResourceName`] if it is no such ARN, or one without the six characters.
    pub fn secret(arn: &str) -> Result<Self, InvalidResourceName> {
        let what = "the ARN of a secret";
        let of_secret = |resource: &str| resource.strip_prefix("secret:").is_some_and(is_secret);
        Self::read(arn, "secretsmanager", what, of_secret, SECRET)
    }

    /// A table of DynamoDB: `arn:aws:dynamodb:us-east-1:111122223333:table/orders`.
    ///
    /// A global table has one replica in each of its Regions, all of the same name, and of the same account unless it is a
    /// multi-account one, for which this is not made (DynamoDB Developer Guide, "Global tables").
    ///
    /// AWS advises against what this makes possible as a way of life: a stack should call the DynamoDB of its own Region, and
    /// users be routed to another *stack* (the same, "Routing strategies"). Replicas lag behind one another, the last writer
    /// wins, and a strongly consistent read in one Region does not see what another has taken, unless the table is made for
    /// multi-Region strong consistency. For reads that may be a second old it is a way through an outage.
    ///
    /// # Errors
    ///
    /// [`InvalidResourceName`] if it is no such ARN; that of a stream, an index or a backup is none.
    pub fn table(arn: &str) -> Result<Self, InvalidResourceName> {
        let what = "the ARN of a table";
        let of_table = |resource: &str| resource.strip_prefix("table/").is_some_and(is_table);
        Self::read(arn, "dynamodb", what, of_table, TABLE)
    }

    fn read(
        text: &str,
        service: &'static str,
        what: &'static str,
        is_one: impl Fn(&str) -> bool,
        otherwise: &str,
    ) -> Result<Self, InvalidResourceName> {
        let invalid = |reason: String| InvalidResourceName::new(text, what, reason);
        let arn = Arn::read(text, service).map_err(invalid)?;
        if !is_one(arn.resource()) {
            return Err(invalid(otherwise.to_owned()));
        }
        let regions = vec![arn.region().clone()];
        Ok(Self { arn, regions })
    }

    /// Says in which other Regions there are replicas.
    #[must_use]
    pub fn replicated_in(mut self, replicas: impl IntoIterator<Item = Region>) -> Self {
        self.regions.extend(replicas);
        self
    }

    /// The Region that the ARN names.
    #[must_use]
    pub const fn region(&self) -> &Region {
        self.arn.region()
    }

    /// The ARN of the replica in `region`.
    ///
    /// # Errors
    ///
    /// [`Rejected::Unavailable`] if it is not said to be there, or if the Region is of another partition.
    pub fn in_region(&self, region: &Region) -> Result<Self, Rejected> {
        let arn = self.arn.in_region(region)?;
        if !self.regions.contains(region) {
            let reason = format!(
                "{self} is not said to have a replica in {region}: once it has one, name that Region in replicated_in"
            );
            return Err(Rejected::unavailable_for(Obstacle::Elsewhere, reason));
        }
        let regions = self.regions.clone();
        Ok(Self { arn, regions })
    }
}

const SECRET: &str = "its last part must be secret:, the name, a hyphen and six letters or digits";
const TABLE: &str = "its last part must be table/ and a name of 3 to 255 letters, digits, dots, underscores and hyphens";

/// A name as the API reference of `CreateSecret` has it, and what Secrets Manager puts behind it.
fn is_secret(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    let Some((before, suffix)) = name.rsplit_once('-') else {
        return false;
    };
    let is_whole = suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_whole && !before.is_empty() && before.bytes().all(known)
}

/// As the API reference of `CreateTable` has it. What comes after a further slash is of its Region alone.
fn is_table(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (3..=255).contains(&name.len()) && name.bytes().all(known)
}

impl Regional for ReplicatedArn {
    fn name_in(&self, region: &Region) -> Result<String, Rejected> {
        self.in_region(region).map(|arn| arn.to_string())
    }
}

impl fmt::Display for ReplicatedArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.arn, f)
    }
}

impl fmt::Debug for ReplicatedArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicatedArn")
            .field("arn", &self.arn.to_string())
            .field("regions", &self.regions)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    const PASSWORD: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db/prod-a1b2c3";
    const ORDERS: &str = "arn:aws:dynamodb:us-east-1:111122223333:table/orders";
    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    #[test]
    fn a_replica_has_the_arn_of_the_first_but_for_the_region() {
        for (arn, resource) in [
            (PASSWORD, ReplicatedArn::secret(PASSWORD)),
            (ORDERS, ReplicatedArn::table(ORDERS)),
        ] {
            let home = resource.unwrap().replicated_in([WEST]);
            let replica = home.in_region(&WEST).unwrap();
            assert_eq!(replica.to_string(), arn.replace("us-east-1", "us-west-2"));
            assert_eq!(replica.in_region(&EAST).unwrap(), home);
            assert_eq!(home.name_in(&EAST).unwrap(), arn);
        }
    }

    #[track_caller]
    fn refuses(resource: &ReplicatedArn, region: &Region, says: &str) {
        let refused = resource.name_in(region).unwrap_err();
        assert!(refused.is_free_to_fail_over());
        assert_eq!(refused.obstacle(), Some(Obstacle::Elsewhere));
        let reason = refused.source().unwrap().to_string();
        assert!(reason.contains(says), "{reason}");
    }

    #[test]
    fn it_stays_where_it_is_said_to_be() {
        let secret = ReplicatedArn::secret(PASSWORD).unwrap();
        let says = format!("{PASSWORD} is not said to have a replica in us-west-2");
        refuses(&secret, &WEST, &says);
        let beijing = Region::from_static("cn-north-1");
        let nowhere = secret.replicated_in([beijing.clone()]);
        refuses(
            &nowhere,
            &beijing,
            "is of the partition aws, and cn-north-1 of aws-cn",
        );
    }

    #[test]
    fn what_is_wrong_with_an_arn_is_said() {
        let of = |service: &str, resource: &str| {
            format!("arn:aws:{service}:us-east-1:111122223333:{resource}")
        };
        for (arn, reason) in [
            ("db-a1b2c3".to_owned(), "six parts"),
            (ORDERS.to_owned(), "service secretsmanager"),
            (of("secretsmanager", "secret:db"), "six letters"),
            (of("secretsmanager", "secret:-a1b2c3"), "six letters"),
            (of("secretsmanager", "db-a1b2c3"), "six letters"),
            (of("secretsmanager", "secret:d b-a1b2c3"), "six letters"),
        ] {
            let refused = ReplicatedArn::secret(&arn).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
            assert!(refused.contains("is not the ARN of a secret"), "{refused}");
        }
        for resource in [
            "table/",
            "table/ab",
            "index/orders",
            "table/orders/stream/2026",
            "table/a b c",
        ] {
            let refused = ReplicatedArn::table(&of("dynamodb", resource)).unwrap_err();
            assert!(
                refused.to_string().contains("3 to 255 letters"),
                "{refused}"
            );
        }
    }
}
