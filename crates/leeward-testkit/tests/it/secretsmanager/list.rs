use super::{World, refused};
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SortOrderType, Tag};

fn filter(key: FilterNameStringType, value: &str) -> Filter {
    Filter::builder().key(key).values(value).build()
}

impl World {
    /// Five secrets, the last one to be deleted.
    async fn five(&self) {
        for name in ["prod/a", "prod/b", "rds!c", "test/d", "test/e"] {
            let tag = Tag::builder().key("team").value(&name[..4]).build();
            let create = self.east.create_secret().name(name).secret_string(name);
            let create = create.description(format!("Secret of {name}")).tags(tag);
            create.send().await.unwrap();
        }
        self.east
            .delete_secret()
            .secret_id("test/e")
            .send()
            .await
            .unwrap();
    }

    async fn names(&self, filters: &[Filter]) -> Vec<String> {
        let list = self.east.list_secrets().sort_order(SortOrderType::Asc);
        let list = list.set_filters(Some(filters.to_vec()));
        let listed = list.send().await.unwrap().secret_list.unwrap();
        listed
            .into_iter()
            .map(|entry| entry.name.unwrap())
            .collect()
    }
}

#[tokio::test]
async fn filters_say_which_secrets_are_listed() {
    use FilterNameStringType::{
        All, Description, Name, OwningService, PrimaryRegion, TagKey, TagValue,
    };
    let world = World::start().await;
    world.five().await;
    let all = ["prod/a", "prod/b", "rds!c", "test/d"];
    assert_eq!(world.names(&[]).await, all);
    for (key, value, expected) in [
        (Name, "prod", &all[..2]),
        (Name, "!prod", &all[2..]),
        (Description, "secret of rds", &all[2..3]),
        (TagKey, "team", &all[..]),
        (TagValue, "test", &all[3..]),
        (OwningService, "rds", &all[2..3]),
        (PrimaryRegion, "us-west", &[]),
        (All, "PROD b", &all[1..2]),
    ] {
        assert_eq!(
            world.names(&[filter(key.clone(), value)]).await,
            expected,
            "{key} {value}"
        );
    }
    let both = [filter(TagKey, "team"), filter(Name, "test")];
    assert_eq!(world.names(&both).await, ["test/d"]);
    let list = world
        .east
        .list_secrets()
        .filters(filter("colour".into(), "red"));
    assert_eq!(refused(list.send().await).0, "ValidationException");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn pages_follow_each_other_and_tell_no_values() {
    let world = World::start().await;
    world.five().await;
    let pages = world
        .east
        .list_secrets()
        .max_results(2)
        .into_paginator()
        .send();
    let pages = pages.try_collect().await.unwrap();
    let names: Vec<Vec<_>> = pages
        .iter()
        .map(|page| {
            page.secret_list()
                .iter()
                .map(|entry| entry.name().unwrap())
                .collect()
        })
        .collect();
    // The newest first.
    assert_eq!(names, [["test/d", "rds!c"], ["prod/b", "prod/a"]]);
    let entry = &pages[0].secret_list()[1];
    assert_eq!(entry.owning_service(), Some("rds"));
    assert_eq!(entry.secret_versions_to_stages().unwrap().len(), 1);
    let deleted = world.east.list_secrets().include_planned_deletion(true);
    let deleted = deleted.send().await.unwrap().secret_list.unwrap();
    assert_eq!(deleted.len(), 5);
    assert!(deleted[0].deleted_date.is_some());
    let wrong = world.east.list_secrets().next_token("x").send().await;
    assert_eq!(refused(wrong).0, "InvalidNextTokenException");
    let many = world.east.list_secrets().max_results(101).send().await;
    assert_eq!(refused(many).0, "ValidationException");
    world.aws.shutdown().await;
}
