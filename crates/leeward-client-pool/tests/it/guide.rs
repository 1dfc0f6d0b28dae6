//! `docs/guides/clients.md`: what it shows runs, and its table has the numbers that there are.

use crate::{child, cloud::EAST};
use leeward_client_pool::{Identity, Pool, Role};
use leeward_testkit::Aws;

type Error = Box<dyn std::error::Error>;
type Event = ();
type Answer = ();

const GUIDE: &str = include_str!("../../../../docs/guides/clients.md");

async fn a_service() -> Result<(), Error> {
    let pool = Pool::builder().build().await?;
    let kms: aws_sdk_kms::Client = pool.client().await?;
    kms.list_keys().send().await?;
    Ok(())
}

async fn handle(event: Event) -> Result<Answer, Error> {
    let pool = Pool::global().await?;
    let dynamodb: aws_sdk_dynamodb::Client = pool.client().await?;
    dynamodb.list_tables().send().await?;
    Ok(event)
}

async fn as_roles(pool: &Pool) -> Result<(), Error> {
    let partner = Role::new("arn:aws:iam::444455556666:role/read-only")?
        .with_external_id("partner-7")
        .with_session_name("payments");
    let s3: aws_sdk_s3::Client = pool.client().with_role(partner).await?;

    let hub = Role::new("arn:aws:iam::111122223333:role/hub")?.assumed_by(Identity::profile("hub"));
    let spoke = Role::new("arn:aws:iam::777788889999:role/spoke")?.assumed_by(hub);

    s3.list_buckets().send().await?;
    let kms = pool.client::<aws_sdk_kms::Client>().with_role(spoke);
    kms.await?.list_keys().send().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_shows_runs() {
    if child::is_child() {
        a_service().await.unwrap();
        handle(()).await.unwrap();
        let pool = Pool::builder().with_sts_regions([]).build().await.unwrap();
        as_roles(&pool).await.unwrap();
        return;
    }
    let aws = Aws::start(&[EAST]).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let config = files.path().join("config");
    let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n";
    std::fs::write(&config, format!("[default]\n{keys}\n[profile hub]\n{keys}")).unwrap();
    child::run(
        "guide::what_it_shows_runs",
        &[
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &aws.endpoint(&EAST)),
            ("AWS_CONFIG_FILE", config.to_str().unwrap()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
            ("NO_PROXY", "127.0.0.1"),
        ],
    );
    for (role, calls) in [
        ("arn:aws:iam::444455556666:role/read-only", 1),
        ("arn:aws:iam::111122223333:role/hub", 1),
        ("arn:aws:iam::777788889999:role/spoke", 1),
    ] {
        assert_eq!(aws.roles().calls(role), calls, "{role}");
    }
}

/// What is left of a source where neither its form nor its comments count.
fn bare(source: &str) -> String {
    let lines = source.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with("//"));
    let code = lines.map(|line| line.split(" //").next().unwrap_or_default());
    code.flat_map(str::chars)
        .filter(|char| !char.is_whitespace())
        .collect()
}

#[test]
fn its_code_is_that_which_runs() {
    let sources = [
        include_str!("guide.rs"),
        include_str!("../../examples/service.rs"),
    ];
    let sources = sources.map(bare);
    let blocks = GUIDE.split("```rust\n").skip(1);
    let blocks: Vec<_> = blocks
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(blocks.len(), 4);
    for piece in blocks.iter().flat_map(|block| block.split("// …\n")) {
        let code = bare(piece);
        // What the elision stood for ends where a block does.
        let code = code
            .strip_suffix('}')
            .filter(|_| code == "}")
            .unwrap_or(&code);
        assert!(
            sources.iter().any(|source| source.contains(&*code)),
            "no such code: {piece}"
        );
    }
}

#[test]
fn its_examples_are_there() {
    let names = GUIDE.split("Example: `").skip(1);
    let names: Vec<_> = names.map(|rest| rest.split('`').next().unwrap()).collect();
    assert_eq!(names, ["handler", "service", "cross_account", "guard"]);
    for name in names {
        let example = format!("{}/examples/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&example).exists(), "{example}");
    }
}

#[test]
fn its_table_of_numbers_is_that_of_the_environments() {
    let docs = include_str!("../../src/environment.rs");
    let rows = GUIDE
        .lines()
        .skip_while(|line| !line.starts_with("| | development"));
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 11);
    for row in rows {
        assert!(docs.contains(&format!("/// {row}\n")), "{row}");
    }
}
