use crate::UnreadableSecret;
use sqlx::Error;

/// Whether sqlx failed because the database refused the login: what [`with_secret`](crate::SecretCache::with_secret) wants to know.
///
/// With PostgreSQL these are `28P01` (`invalid_password`), and `28000` (`invalid_authorization_specification`) of a role that is not there
/// or may not log in, and of LDAP and the like. It is none where `pg_hba.conf` lets nobody in from here, for want of TLS for example,
/// although that is `28000` as well: the function that PostgreSQL names with it tells them apart. With MySQL and MariaDB 1045
/// (`ER_ACCESS_DENIED_ERROR`) and 1698 (`ER_ACCESS_DENIED_NO_PASSWORD_ERROR`, of a wrong password too where the user may also log in by its
/// socket). That a user may do less than it tries is none: another password does not help.
#[must_use]
pub fn is_sqlx_auth_error(error: &Error) -> bool {
    match error {
        Error::Database(error) => {
            #[cfg(feature = "sqlx-postgres")]
            if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                return is_postgres_refusal(error.code(), error.routine());
            }
            #[cfg(feature = "sqlx-mysql")]
            if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                return is_mysql_refusal(error.number());
            }
            let _ = error;
            false
        }
        Error::Configuration(error) => error.is::<Unfinished>(),
        _ => false,
    }
}

#[cfg(feature = "sqlx-postgres")]
fn is_postgres_refusal(code: &str, routine: Option<&str>) -> bool {
    match code {
        "28P01" => true,
        // Which goes by pg_hba.conf, before it looks at any password (src/backend/libpq/auth.c).
        "28000" => routine != Some("ClientAuthentication"),
        _ => false,
    }
}

#[cfg(feature = "sqlx-mysql")]
const fn is_mysql_refusal(number: u16) -> bool {
    matches!(number, 1045 | 1698)
}

/// A version that is not current and no login: that a rotation has not filled in yet. Another one may log in.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Unfinished(pub(super) UnreadableSecret);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnreadableReason;

    #[test]
    fn only_what_another_password_may_mend_is_a_refusal() {
        #[cfg(feature = "sqlx-postgres")]
        for (code, routine, is_refusal) in [
            ("28P01", Some("auth_failed"), true),
            // By LDAP; of a role that may not log in; of a pooler, which names no function.
            ("28000", Some("auth_failed"), true),
            ("28000", Some("InitializeSessionUserId"), true),
            ("28000", None, true),
            ("28000", Some("ClientAuthentication"), false),
            // Too many connections, no such database, no such right.
            ("53300", Some("InitProcess"), false),
            ("3D000", Some("InitPostgres"), false),
            ("42501", None, false),
        ] {
            let found = is_postgres_refusal(code, routine);
            assert_eq!(found, is_refusal, "{code} {routine:?}");
        }
        #[cfg(feature = "sqlx-mysql")]
        for (number, is_refusal) in [
            (1045, true),
            (1698, true),
            // No such right, too many connections, an account that is locked whatever the password.
            (1044, false),
            (1040, false),
            (4151, false),
        ] {
            assert_eq!(is_mysql_refusal(number), is_refusal, "{number}");
        }
        assert!(!is_sqlx_auth_error(&Error::PoolTimedOut));
        let unreadable = UnreadableSecret::new("db", UnreadableReason::NotText);
        let unfinished = Unfinished(unreadable.clone());
        assert!(is_sqlx_auth_error(&Error::Configuration(unfinished.into())));
        assert!(!is_sqlx_auth_error(&Error::Configuration(
            unreadable.into()
        )));
    }
}
