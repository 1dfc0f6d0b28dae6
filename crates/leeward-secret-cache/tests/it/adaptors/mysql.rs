//! Options of connections of sqlx to MySQL.

use super::vault::Vault;
use leeward_secret_cache::DatabaseLogin;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

#[tokio::test]
async fn options_are_those_of_the_caller_with_the_login_of_the_secret() {
    let vault = Vault::new(
        r#"{"engine":"mysql","username":"app","password":"hunter2","host":"db.example","port":"3307"}"#,
    );
    let base = MySqlConnectOptions::new()
        .ssl_mode(MySqlSslMode::Disabled)
        .database("mine");
    let login = DatabaseLogin::new(vault.secret(), base);
    let secret = login.secret().get().await.unwrap();
    let options = login.options(&secret).unwrap();
    assert_eq!(
        (options.get_host(), options.get_port()),
        ("db.example", 3307)
    );
    assert_eq!(options.get_username(), "app");
    assert_eq!(options.get_database(), Some("mine"));
    assert!(matches!(options.get_ssl_mode(), MySqlSslMode::Disabled));
}
