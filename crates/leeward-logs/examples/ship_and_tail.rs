//! A service that ships its log and somebody who follows it: events in batches, a tail, and what is told when CloudWatch Logs is away.
//!
//! It emulates AWS itself: there is nothing to set up.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_logs::{EventFilter, GroupSettings, LogGroupName, Logs, Retention, Tail};
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, SECRET_ACCESS_KEY, Scope};
use std::{error::Error, time::Duration};

const REGION: Region = Region::from_static("eu-central-1");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[REGION]).await?;
    let logs = logs(&aws).await?;
    let group: LogGroupName = "/app/orders".parse()?;
    println!("there before: {}", logs.group_exists(&group).await?);

    // One writer for a process: its clones share a queue.
    let writer = logs
        .writer(group.clone(), "host-1".parse()?)
        .creating_group(GroupSettings::new().with_retention(Retention::MONTH))
        .with_max_events(1_000)
        .build()?;
    writer.write(r#"{"level":"info","order":17}"#)?;
    writer.write(r#"{"level":"error","order":18}"#)?;
    writer.flush(Duration::from_secs(10)).await?;
    if let Some(made) = logs.describe_group(&group).await? {
        println!("{}, kept for {}", made.name, made.retention);
    }

    let errors = EventFilter::new(group).with_pattern("error");
    let mut tail = logs.tail(&Tail::new(errors.from(std::time::UNIX_EPOCH)))?;
    if let Some(event) = tail.next().await {
        println!("somebody sees {}", event?.message);
    }

    // Nobody answers: what is written waits, and what finds no more room is shed. The service goes on.
    let outage = aws.faults().inject(Scope::any(), Fault::black_hole());
    let shed = (0..1_500).filter(|order| writer.write(format!("order {order}")).is_err());
    println!("{} events were shed", shed.count());
    if let Err(error) = writer.flush(Duration::from_millis(200)).await {
        println!("{error}; {}", error.advice());
    }
    outage.clear();

    // The last thing that a service does.
    writer.shutdown(Duration::from_secs(60)).await?;
    println!("{:?}", writer.stats());
    Ok(())
}

/// As in production, where the environment says the rest: `Pool::builder().build()`.
async fn logs(aws: &Aws) -> Result<Logs, Box<dyn Error>> {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .with_region(REGION)
        .with_endpoint(REGION, aws.endpoint(&REGION))
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await?;
    Ok(Logs::new(pool.caller().await?))
}
