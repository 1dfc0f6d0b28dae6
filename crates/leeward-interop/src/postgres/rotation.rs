use super::{load, site::Site};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{error::Error, time::Duration};
use tokio::time::sleep;

/// How long a rotation stands still between the step that changes the password and the one that makes it current.
const WINDOW: Duration = Duration::from_millis(1200);

/// Which login comes after which ("rotation strategy" in AWS's documentation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// The password of the one user changes.
    SingleUser,
    /// Of two users the one gets a new password that is not in use.
    AlternatingUsers,
}

/// A rotation function, with the four steps that AWS has them take.
pub(super) struct Rotation<'a> {
    site: &'a Site,
    secret: String,
    user: String,
    strategy: Strategy,
    reads: u64,
}

/// A login as RDS keeps it.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Login {
    engine: String,
    host: String,
    port: u16,
    dbname: String,
    username: String,
    password: String,
}

impl<'a> Rotation<'a> {
    /// Makes the users and the secret of the first.
    pub(super) async fn begin(
        site: &'a Site,
        user: &str,
        strategy: Strategy,
    ) -> Result<Self, Box<dyn Error>> {
        let options = site.options();
        let login = Login {
            engine: "postgres".to_owned(),
            host: options.get_host().to_owned(),
            port: options.get_port(),
            dbname: "postgres".to_owned(),
            username: user.to_owned(),
            password: password(),
        };
        site.make_user(user, &login.password).await?;
        if strategy == Strategy::AlternatingUsers {
            site.make_user(&clone_of(user), &password()).await?;
        }
        let secret = format!("prod/{user}/db");
        let make = site.plain.create_secret().name(&secret);
        make.secret_string(serde_json::to_string(&login)?)
            .send()
            .await?;
        Ok(Self {
            site,
            secret,
            user: user.to_owned(),
            strategy,
            reads: 0,
        })
    }

    /// The secret that is rotated.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// How often it has asked for the secret itself.
    pub(super) const fn reads(&self) -> u64 {
        self.reads
    }

    /// Rotates once; gives the version that is current then.
    pub(super) async fn rotate(&mut self) -> Result<String, Box<dyn Error>> {
        let token = random(36);
        let old = self.create_secret(&token).await?;
        self.set_secret().await?;
        sleep(WINDOW).await;
        self.test_secret().await?;
        self.finish_secret(&old, &token).await?;
        Ok(token)
    }

    /// Puts the next login beside the current one; gives the version of that.
    async fn create_secret(&mut self, token: &str) -> Result<String, Box<dyn Error>> {
        let (old, mut login) = self.read("AWSCURRENT").await?;
        login.password = password();
        if self.strategy == Strategy::AlternatingUsers {
            login.username = match login.username == self.user {
                true => clone_of(&self.user),
                false => self.user.clone(),
            };
        }
        let put = self.site.plain.put_secret_value().secret_id(&self.secret);
        let put = put.client_request_token(token).version_stages("AWSPENDING");
        put.secret_string(serde_json::to_string(&login)?)
            .send()
            .await?;
        Ok(old)
    }

    /// Has the database take it: who has it in use changes it for itself, and the other is changed by the administrator.
    async fn set_secret(&mut self) -> Result<(), Box<dyn Error>> {
        let (_, pending) = self.read("AWSPENDING").await?;
        let mut connection = match self.strategy {
            Strategy::SingleUser => {
                let (_, current) = self.read("AWSCURRENT").await?;
                self.connect(&current).await?
            }
            Strategy::AlternatingUsers => self.site.admin().await?,
        };
        let Login {
            username, password, ..
        } = pending;
        let alter = format!("ALTER USER {username} PASSWORD '{password}'");
        sqlx::raw_sql(AssertSqlSafe(alter))
            .execute(&mut connection)
            .await?;
        Ok(connection.close().await?)
    }

    async fn test_secret(&mut self) -> Result<(), Box<dyn Error>> {
        let (_, pending) = self.read("AWSPENDING").await?;
        let mut connection = self.connect(&pending).await?;
        load::ask(&mut connection).await?;
        Ok(connection.close().await?)
    }

    async fn finish_secret(&self, old: &str, new: &str) -> Result<(), Box<dyn Error>> {
        let move_stage = self.site.plain.update_secret_version_stage();
        let move_stage = move_stage
            .secret_id(&self.secret)
            .version_stage("AWSCURRENT");
        let move_stage = move_stage
            .move_to_version_id(new)
            .remove_from_version_id(old);
        move_stage.send().await?;
        Ok(())
    }

    async fn read(&mut self, stage: &str) -> Result<(String, Login), Box<dyn Error>> {
        self.reads += 1;
        let get = self.site.plain.get_secret_value().secret_id(&self.secret);
        let got = get.version_stage(stage).send().await?;
        let version = got.version_id().ok_or("a secret without a version")?;
        let value = got.secret_string().ok_or("a secret without a value")?;
        Ok((version.to_owned(), serde_json::from_str(value)?))
    }

    async fn connect(&self, login: &Login) -> Result<PgConnection, sqlx::Error> {
        let options = self.site.options().clone();
        let options = options.username(&login.username).password(&login.password);
        PgConnection::connect_with(&options).await
    }
}

fn clone_of(user: &str) -> String {
    format!("{user}_clone")
}

/// A password that means nothing to SQL.
pub(super) fn password() -> String {
    random(32)
}

fn random(len: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(len)
        .collect()
}
