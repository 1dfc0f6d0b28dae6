use std::{
    fs, io,
    ops::Sub,
    path::{Path, PathBuf},
};

/// What PostgreSQL has written of those who came.
pub(super) struct Log(PathBuf);

/// How often a user was let in and turned away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Logins {
    pub(super) admitted: u64,
    pub(super) refused: u64,
}

impl Log {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Counts the logins of users whose names begin like this, those of rotation functions left out.
    pub(super) fn logins(&self, user: &str) -> io::Result<Logins> {
        Ok(read(&fs::read_to_string(&self.0)?, user))
    }
}

fn read(log: &str, user: &str) -> Logins {
    let admitted = format!("connection authorized: user={user}");
    let refused = format!("FATAL:  password authentication failed for user \"{user}");
    let ours = format!("application_name={}", super::load::APPLICATION);
    let mut logins = Logins::default();
    for line in log.lines() {
        logins.admitted += u64::from(line.contains(&admitted) && line.contains(&ours));
        logins.refused += u64::from(line.contains(&refused));
    }
    logins
}

impl Sub for Logins {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            admitted: self.admitted - before.admitted,
            refused: self.refused - before.refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_told_apart() {
        let log = "\
2026-11-22 08:00:00.000 UTC [7] LOG:  connection authorized: user=app1 database=postgres application_name=load
2026-11-22 08:00:00.100 UTC [8] LOG:  connection authorized: user=app1_clone database=postgres application_name=load
2026-11-22 08:00:00.200 UTC [9] LOG:  connection authorized: user=app1 database=postgres
2026-11-22 08:00:00.300 UTC [9] LOG:  connection authorized: user=app2 database=postgres application_name=load
2026-11-22 08:00:00.400 UTC [9] FATAL:  password authentication failed for user \"app1\"
2026-11-22 08:00:00.400 UTC [9] DETAIL:  Connection matched pg_hba.conf line 95
";
        let logins = |admitted, refused| Logins { admitted, refused };
        assert_eq!(read(log, "app1"), logins(2, 1));
        assert_eq!(read(log, "app2"), logins(1, 0));
        assert_eq!(read(log, "app3"), logins(0, 0));
    }
}
