use super::{
    engine::{Connection as Connected, Engine, HOST, Logins},
    session::Session,
    site::Site,
};
use leeward_secret_cache::SecretHandle;
use serde::{Deserialize, Serialize};
use sqlx::{ConnectOptions, Connection};
use std::{error::Error, time::Duration};
use tokio::time::{sleep, timeout};

/// How long it stands still where the database and the current version of the secret differ.
const WINDOW: Duration = Duration::from_millis(1200);
/// How long there is peace before each change.
pub(super) const PEACE: Duration = Duration::from_millis(250);
/// Far more than a cache takes to fetch what is current.
const MAX_REFRESH: Duration = Duration::from_secs(20);

/// Which login comes after which ("rotation strategy" in AWS's documentation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// The password of the one user changes.
    SingleUser,
    /// Of two users the one gets a new password that is not in use.
    AlternatingUsers,
}

/// What is set back before the other when a rotation is rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Database,
    Secret,
}

/// A rotation function, with the four steps that AWS has them take, and whoever has to mend what came of them.
pub(super) struct Rotation<'a, E> {
    site: &'a Site<'a, E>,
    secret: String,
    user: String,
    strategy: Strategy,
    reads: u64,
    logins: u64,
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

impl<'a, E: Engine> Rotation<'a, E> {
    /// Makes the users and the secret of the first.
    pub(super) async fn begin(
        site: &'a Site<'a, E>,
        user: &str,
        strategy: Strategy,
    ) -> Result<Self, Box<dyn Error>> {
        let login = Login {
            engine: E::ENGINE.to_owned(),
            host: HOST.to_owned(),
            port: site.port(),
            dbname: E::DATABASE.to_owned(),
            username: user.to_owned(),
            password: password(),
        };
        let mut make = E::make_user(user, &login.password);
        if strategy == Strategy::AlternatingUsers {
            make = format!("{make}; {}", E::make_user(&clone_of(user), &password()));
        }
        site.administer(make).await?;
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
            logins: 0,
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

    /// How often its users were let in and turned away, itself left out.
    pub(super) async fn logins(&self) -> Result<Logins, Box<dyn Error>> {
        let mut logins = self.site.logins(&self.user).await?;
        if self.strategy == Strategy::AlternatingUsers {
            let other = self.site.logins(&clone_of(&self.user)).await?;
            logins.admitted += other.admitted;
            logins.refused += other.refused;
        }
        logins.admitted -= self.logins;
        Ok(logins)
    }

    /// Takes the four steps.
    pub(super) async fn rotate(&mut self) -> Result<(), Box<dyn Error>> {
        let (old, new) = self.create_secret().await?;
        self.set_secret().await?;
        sleep(WINDOW).await;
        self.test_secret().await?;
        self.make_current(&new, &old).await
    }

    /// Ends before the test, so that the database gets back the password that is still current.
    pub(super) async fn fail(&mut self) -> Result<(), Box<dyn Error>> {
        self.create_secret().await?;
        self.set_secret().await?;
        sleep(WINDOW).await;
        let (_, current) = self.read("AWSCURRENT").await?;
        self.change(&current).await
    }

    /// Gives the database the password and the secret the version before, one after the other, while `cache` knows what is current.
    pub(super) async fn roll_back(
        &mut self,
        first: First,
        cache: &SecretHandle,
    ) -> Result<(), Box<dyn Error>> {
        let (new, _) = self.read("AWSCURRENT").await?;
        let (old, previous) = self.read("AWSPREVIOUS").await?;
        met(cache, &new).await?;
        if first == First::Database {
            self.change(&previous).await?;
            sleep(WINDOW).await;
            return self.make_current(&old, &new).await;
        }
        self.make_current(&old, &new).await?;
        met(cache, &old).await?;
        sleep(PEACE).await;
        self.change(&previous).await
    }

    /// Puts the next login beside the current one; gives the versions of that and of the next.
    async fn create_secret(&mut self) -> Result<(String, String), Box<dyn Error>> {
        let (old, mut login) = self.read("AWSCURRENT").await?;
        login.password = password();
        if self.strategy == Strategy::AlternatingUsers {
            login.username = match login.username == self.user {
                true => clone_of(&self.user),
                false => self.user.clone(),
            };
        }
        let token = random(36);
        let put = self.site.plain.put_secret_value().secret_id(&self.secret);
        let put = put
            .client_request_token(&token)
            .version_stages("AWSPENDING");
        put.secret_string(serde_json::to_string(&login)?)
            .send()
            .await?;
        Ok((old, token))
    }

    /// Has the database take it: who has it in use changes it for itself, and the other is changed by the administrator.
    async fn set_secret(&mut self) -> Result<(), Box<dyn Error>> {
        let (_, pending) = self.read("AWSPENDING").await?;
        if self.strategy == Strategy::AlternatingUsers {
            return self.change(&pending).await;
        }
        let (_, current) = self.read("AWSCURRENT").await?;
        let mut connection = self.connect(&current).await?;
        let change = E::change_password(&pending.username, &pending.password);
        connection.run(change).await?;
        Ok(connection.close().await?)
    }

    async fn test_secret(&mut self) -> Result<(), Box<dyn Error>> {
        let (_, pending) = self.read("AWSPENDING").await?;
        let mut connection = self.connect(&pending).await?;
        connection.ask_for_orders().await?;
        Ok(connection.close().await?)
    }

    /// Has the administrator see to it that the database takes this login.
    async fn change(&self, login: &Login) -> Result<(), Box<dyn Error>> {
        let change = E::change_password(&login.username, &login.password);
        Ok(self.site.administer(change).await?)
    }

    async fn make_current(&self, to: &str, from: &str) -> Result<(), Box<dyn Error>> {
        let move_stage = self.site.plain.update_secret_version_stage();
        let move_stage = move_stage
            .secret_id(&self.secret)
            .version_stage("AWSCURRENT");
        let move_stage = move_stage.move_to_version_id(to);
        move_stage.remove_from_version_id(from).send().await?;
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

    async fn connect(&mut self, login: &Login) -> Result<Connected<E>, sqlx::Error> {
        let options = E::options(login.port, &login.username, &login.password);
        let connection = options.connect().await?;
        self.logins += 1;
        Ok(connection)
    }
}

/// Waits until a cache has this version for the current one, as it would some minutes later by itself.
async fn met(cache: &SecretHandle, version: &str) -> Result<(), Box<dyn Error>> {
    let met = async {
        while cache.refresh_now().await?.version_id() != version {
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    };
    let waited = timeout(MAX_REFRESH, met).await;
    waited.map_err(|_| format!("the cache has not met the version after {MAX_REFRESH:?}"))?
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
