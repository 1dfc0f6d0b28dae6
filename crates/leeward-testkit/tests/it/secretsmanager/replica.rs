use super::{World, refused, value};
use crate::client::WEST;
use aws_sdk_secretsmanager::types::{ReplicaRegionType, ReplicationStatusType, StatusType};
use std::time::Duration;

fn west() -> ReplicaRegionType {
    ReplicaRegionType::builder().region("us-west-2").build()
}

impl World {
    /// A secret of both Regions; gives its ARN in the first.
    async fn replicated(&self, value: &str) -> String {
        let create = self.east.create_secret().name("db").secret_string(value);
        let made = create.add_replica_regions(west()).send().await.unwrap();
        assert_eq!(made.replication_status().len(), 1);
        made.arn.unwrap()
    }

    async fn put(&self, value: &str) {
        let put = self.east.put_secret_value().secret_id("db");
        put.secret_string(value).send().await.unwrap();
    }

    async fn status(&self) -> ReplicationStatusType {
        let told = self.east.describe_secret().secret_id("db").send().await;
        let mut replicas = told.unwrap().replication_status.unwrap();
        assert_eq!(replicas.len(), 1);
        replicas.remove(0)
    }
}

#[tokio::test]
async fn a_replica_has_the_same_versions_under_the_arn_of_its_region() {
    let world = World::start().await;
    let arn = world.replicated("1").await;
    let there = arn.replace("us-east-1", "us-west-2");
    for id in ["db", &there, &there[..there.len() - 7]] {
        assert_eq!(value(&world.west, id).await, "1");
    }
    let read = world.west.get_secret_value().secret_id(&arn).send().await;
    assert_eq!(refused(read).0, "ResourceNotFoundException");
    world.put("2").await;
    let [east, west] = [&world.east, &world.west].map(|client| {
        let read = client.get_secret_value().secret_id("db");
        read.send()
    });
    let (east, west) = (east.await.unwrap(), west.await.unwrap());
    assert_eq!(
        (&east.secret_string, &east.version_id, &east.created_date),
        (&west.secret_string, &west.version_id, &west.created_date)
    );
    assert_eq!(west.arn, Some(there));
    for client in [&world.east, &world.west] {
        let told = client.describe_secret().secret_id("db").send().await;
        assert_eq!(told.unwrap().primary_region.as_deref(), Some("us-east-1"));
    }
    let status = world.status().await;
    assert_eq!(status.region.as_deref(), Some("us-west-2"));
    assert_eq!(status.status, Some(StatusType::InSync));
    assert!(status.last_accessed_date.is_some());
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_replica_is_changed_only_through_its_primary() {
    let world = World::start().await;
    world.replicated("1").await;
    let put = world
        .west
        .put_secret_value()
        .secret_id("db")
        .secret_string("2");
    let (code, message) = refused(put.send().await);
    assert_eq!(code, "InvalidRequestException");
    assert!(message.contains("primary secret's region"), "{message}");
    let delete = world.east.delete_secret().secret_id("db").send().await;
    let (code, message) = refused(delete);
    assert_eq!(code, "InvalidRequestException");
    assert!(message.contains("us-west-2"), "{message}");
    let remove = world.east.remove_regions_from_replication().secret_id("db");
    let removed = remove.remove_replica_regions("us-west-2").send().await;
    assert_eq!(removed.unwrap().replication_status().len(), 0);
    let read = world.west.get_secret_value().secret_id("db").send().await;
    assert_eq!(refused(read).0, "ResourceNotFoundException");
    world
        .east
        .delete_secret()
        .secret_id("db")
        .send()
        .await
        .unwrap();
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_replica_that_is_held_keeps_an_older_version() {
    let world = World::start().await;
    world.replicated("1").await;
    let secrets = world.aws.secrets();
    secrets.hold_replicas(&WEST);
    world.put("2").await;
    world.put("3").await;
    assert_eq!(value(&world.east, "db").await, "3");
    assert_eq!(value(&world.west, "db").await, "1");
    assert_eq!(world.status().await.status, Some(StatusType::InProgress));
    secrets.release_replicas(&WEST);
    assert_eq!(value(&world.west, "db").await, "3");
    assert_eq!(world.status().await.status, Some(StatusType::InSync));
    // Far behind, by the clock.
    secrets.set_replica_lag(Duration::from_secs(3_600));
    world.put("4").await;
    assert_eq!(value(&world.west, "db").await, "3");
    secrets.set_replica_lag(Duration::ZERO);
    assert_eq!(value(&world.west, "db").await, "4");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_secret_in_the_way_of_a_replica_stays_unless_it_may_be_overwritten() {
    let world = World::start().await;
    let other = world.west.create_secret().name("db").secret_string("other");
    other.send().await.unwrap();
    world.secret("db", "1").await;
    let replicate = || {
        world
            .east
            .replicate_secret_to_regions()
            .secret_id("db")
            .add_replica_regions(west())
    };
    replicate().send().await.unwrap();
    let status = world.status().await;
    assert_eq!(status.status, Some(StatusType::Failed));
    assert!(status.status_message.unwrap().contains("already exists"));
    world.put("2").await;
    assert_eq!(value(&world.west, "db").await, "other");
    assert_eq!(
        refused(replicate().send().await).0,
        "InvalidParameterException"
    );
    let home = ReplicaRegionType::builder().region("us-east-1").build();
    let home = world
        .east
        .replicate_secret_to_regions()
        .secret_id("db")
        .add_replica_regions(home);
    assert_eq!(refused(home.send().await).0, "InvalidParameterException");
    let remove = world.east.remove_regions_from_replication().secret_id("db");
    remove
        .remove_replica_regions("us-west-2")
        .send()
        .await
        .unwrap();
    assert_eq!(value(&world.west, "db").await, "other");
    let force = replicate().force_overwrite_replica_secret(true);
    force.send().await.unwrap();
    assert_eq!(value(&world.west, "db").await, "2");
    world.aws.shutdown().await;
}
