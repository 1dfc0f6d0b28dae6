use serde::{Deserialize, Deserializer, de::Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// A login to a database, as RDS and the rotation functions of Secrets Manager keep it in a secret.
///
/// "JSON structure of AWS Secrets Manager database credential secrets" in the AWS Secrets Manager User Guide. Only the user and the
/// password are always there: a master user's secret that RDS manages has nothing else. What is not known is passed over.
/// Wiped on drop; the password is not printed.
///
/// ```
/// use leeward_secret_cache::{RdsSecret, Secret, UnreadableSecret};
///
/// fn address(secret: &Secret) -> Result<String, UnreadableSecret> {
///     let login: &RdsSecret = secret.json()?; // read once for each version
///     let host = login.host().unwrap_or("localhost");
///     Ok(format!("{host}:{}", login.port().unwrap_or(5432)))
/// }
/// ```
#[derive(Deserialize)]
pub struct RdsSecret {
    #[serde(deserialize_with = "wiped")]
    username: Zeroizing<String>,
    #[serde(deserialize_with = "wiped")]
    password: Zeroizing<String>,
    #[serde(default)]
    engine: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default, deserialize_with = "port")]
    port: Option<u16>,
    #[serde(default)]
    dbname: Option<String>,
    #[serde(default, rename = "dbInstanceIdentifier")]
    db_instance_identifier: Option<String>,
    #[serde(default, rename = "dbClusterIdentifier")]
    db_cluster_identifier: Option<String>,
    #[serde(default)]
    masterarn: Option<String>,
}

impl RdsSecret {
    /// The user: with alternating users it changes with each rotation.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The password.
    #[must_use]
    pub fn expose_password(&self) -> &str {
        &self.password
    }

    /// What kind of database it is, such as `postgres`, `mysql` or `mariadb`.
    #[must_use]
    pub fn engine(&self) -> Option<&str> {
        said(&self.engine)
    }

    /// Where the database is.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        said(&self.host)
    }

    /// Its port, whether it is kept as a number or as a text.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The database to begin with.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        said(&self.dbname)
    }

    /// The instance of RDS.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        said(&self.db_instance_identifier)
    }

    /// The cluster of RDS.
    #[must_use]
    pub fn cluster(&self) -> Option<&str> {
        said(&self.db_cluster_identifier)
    }

    /// The secret of the user who changes the passwords of alternating users.
    #[must_use]
    pub fn master_arn(&self) -> Option<&str> {
        said(&self.masterarn)
    }
}

/// Without the password.
impl fmt::Debug for RdsSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RdsSecret")
            .field("engine", &self.engine())
            .field("host", &self.host())
            .field("port", &self.port())
            .field("database", &self.database())
            .finish_non_exhaustive()
    }
}

/// What is empty says nothing.
fn said(field: &Option<String>) -> Option<&str> {
    field.as_deref().filter(|text| !text.is_empty())
}

fn wiped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    deserializer.deserialize_any(Port)
}

struct Port;

impl Visitor<'_> for Port {
    type Value = Option<u16>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port, as a number or as a text")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: serde::de::Error>(self, port: u64) -> Result<Self::Value, E> {
        let port = u16::try_from(port);
        port.map(Some)
            .map_err(|_| E::custom("no port is that high"))
    }

    fn visit_str<E: serde::de::Error>(self, port: &str) -> Result<Self::Value, E> {
        match port.trim() {
            "" => Ok(None),
            port => {
                let port = port.parse();
                port.map(Some)
                    .map_err(|_| E::custom("a port is a number up to 65535"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_read_with_all_that_rds_keeps_of_it() {
        let text = r#"{"engine":"postgres","host":"db.example","username":"app","password":"hunter2","dbname":"orders","port":5433,
            "dbInstanceIdentifier":"db-1","dbClusterIdentifier":"cluster-1","masterarn":"arn:master","ssl":true,"more":{"a":[1]}}"#;
        let login: RdsSecret = serde_json::from_str(text).unwrap();
        assert_eq!(
            (login.username(), login.expose_password()),
            ("app", "hunter2")
        );
        let texts = [
            (login.engine(), "postgres"),
            (login.host(), "db.example"),
            (login.database(), "orders"),
            (login.instance(), "db-1"),
            (login.cluster(), "cluster-1"),
            (login.master_arn(), "arn:master"),
        ];
        for (text, expected) in texts {
            assert_eq!(text, Some(expected));
        }
        assert_eq!(login.port(), Some(5433));
        let printed = format!("{login:?}");
        assert!(
            printed.contains("db.example") && !printed.contains("hunter"),
            "{printed}"
        );
    }

    #[test]
    fn what_rds_manages_has_only_user_and_password() {
        let login: RdsSecret = serde_json::from_str(r#"{"username":"a","password":"b"}"#).unwrap();
        assert_eq!(
            (login.host(), login.port(), login.database()),
            (None, None, None)
        );
    }

    #[test]
    fn a_port_is_a_number_or_a_text_or_not_there() {
        for (written, port) in [
            ("5432", Ok(Some(5432))),
            (r#""5432""#, Ok(Some(5432))),
            (r#"" 65535 ""#, Ok(Some(65535))),
            ("null", Ok(None)),
            (r#""""#, Ok(None)),
            ("65536", Err(())),
            ("-1", Err(())),
            ("1.5", Err(())),
            (r#""http""#, Err(())),
            ("[1]", Err(())),
        ] {
            let text = format!(r#"{{"username":"a","password":"b","host":"","port":{written}}}"#);
            let login = serde_json::from_str::<RdsSecret>(&text).map_err(drop);
            if let Ok(login) = &login {
                assert_eq!(login.host(), None);
            }
            assert_eq!(login.map(|login| login.port()), port, "{written}");
        }
    }
}
