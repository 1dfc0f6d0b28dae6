//! Roles and policies are looked up.

use crate::{
    cloud::{cloud, policy, put, role, trust},
    stand_in::stand_in,
};
use leeward_error_taxonomy::Category;
use leeward_iam::PolicyFilter;
use leeward_testkit::{Fault, Scope};
use serde_json::json;

#[tokio::test]
async fn what_is_not_there_is_told_from_what_may_not_be_seen() {
    let (aws, iam) = cloud().await;
    role(&iam, "/", "app").await;
    let (app, nobodys) = ("app".parse().unwrap(), "nobodys".parse().unwrap());
    assert!(iam.role_exists(&app).await.unwrap());
    assert!(!iam.role_exists(&nobodys).await.unwrap());
    assert_eq!(iam.describe_role(&nobodys).await.unwrap(), None);
    assert_eq!(
        iam.inline_policy(&app, &"none".parse().unwrap())
            .await
            .unwrap(),
        None
    );
    let error = iam
        .inline_policies(nobodys.clone())
        .next()
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(error.category(), Category::NotFound);
    aws.faults().inject(Scope::any(), Fault::access_denied());
    for name in [app, nobodys] {
        let error = iam.role_exists(&name).await.unwrap_err();
        assert_eq!(error.category(), Category::Authorization, "{error}");
    }
}

#[tokio::test]
async fn a_role_is_described() {
    let (_aws, iam) = cloud().await;
    let arn = role(&iam, "/team/", "app").await;
    let app = iam
        .describe_role(&"app".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (app.name.as_str(), app.path.as_str(), &app.arn),
        ("app", "/team/", &arn)
    );
    assert_eq!(app.trust_policy, Some(trust()));
    assert!(app.created.is_some());
    #[cfg(feature = "serde")]
    assert_eq!(serde_json::to_value(&app).unwrap()["path"], "/team/");
}

#[tokio::test]
async fn roles_are_listed_by_path_though_a_page_is_torn() {
    let (aws, iam) = cloud().await;
    for (path, name) in [("/team/", "a"), ("/", "b"), ("/team/", "c")] {
        role(&iam, path, name).await;
    }
    aws.faults()
        .inject(Scope::any(), Fault::reset().with_calls(1..=1));
    let of_team = iam.list_roles(Some("/team/".parse().unwrap()));
    let listed = of_team.collect_up_to(10).await.unwrap();
    let mut names: Vec<_> = listed.items.into_iter().map(|role| role.name).collect();
    names.sort();
    assert_eq!((names.concat().as_str(), listed.has_more), ("ac", false));
    let all = iam.list_roles(None).collect_up_to(2).await.unwrap();
    assert_eq!((all.items.len(), all.has_more), (2, true));
}

#[tokio::test]
async fn the_policies_of_a_role_are_read() {
    let (_aws, iam) = cloud().await;
    role(&iam, "/", "app").await;
    let document =
        policy(json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a+b/*"}));
    put(&iam, "app", "read", &document).await;
    let client = iam.caller().client();
    let create = client.create_policy().policy_name("shared");
    let create = create.policy_document(document.to_string());
    let arn = create.send().await.unwrap().policy.unwrap().arn.unwrap();
    let attach = client.attach_role_policy().role_name("app");
    attach.policy_arn(&arn).send().await.unwrap();

    let app: leeward_iam::RoleName = "app".parse().unwrap();
    let inline = iam
        .inline_policies(app.clone())
        .collect_up_to(10)
        .await
        .unwrap()
        .items;
    assert_eq!((inline.len(), inline[0].name.as_str()), (1, "read"));
    assert_eq!(inline[0].document, document);
    let read = iam
        .inline_policy(&app, &"read".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(read.as_ref(), Some(&document));

    let attached = iam
        .attached_policies(app)
        .collect_up_to(10)
        .await
        .unwrap()
        .items;
    assert_eq!(
        (attached[0].name.as_str(), &attached[0].arn),
        ("shared", &arn)
    );
    let of_policy = iam.policy_document(&arn.parse().unwrap()).await.unwrap();
    assert_eq!(of_policy, Some(document));
    let none = "arn:aws:iam::111122223333:policy/none".parse().unwrap();
    assert_eq!(iam.policy_document(&none).await.unwrap(), None);

    let ours = iam.list_policies(PolicyFilter::of_the_account());
    let ours = ours.collect_up_to(10).await.unwrap().items;
    assert_eq!((ours.len(), ours[0].name.as_str()), (1, "shared"));
}

/// The emulator has no policies of AWS, and gives those that nobody has attached too.
#[tokio::test]
async fn a_filter_of_policies_is_sent_as_it_is_said() {
    let (iam, requests) = stand_in(|_| "<Policies/>".to_owned()).await;
    let all = PolicyFilter::default;
    let of_team = "/team/".parse().unwrap();
    for (filter, expected) in [
        (all(), "OnlyAttached=false"),
        (all().attached(), "OnlyAttached=true"),
        (PolicyFilter::of_aws(), "Scope=AWS&OnlyAttached=false"),
        (
            PolicyFilter::of_the_account(),
            "Scope=Local&OnlyAttached=false",
        ),
        (
            all().with_path_prefix(of_team),
            "OnlyAttached=false&PathPrefix=%2Fteam%2F",
        ),
    ] {
        let listed = iam.list_policies(filter).collect_up_to(10).await.unwrap();
        assert!(listed.items.is_empty());
        let asked = requests.all().pop().unwrap();
        let said = asked.strip_prefix("Action=ListPolicies&Version=2010-05-08&");
        assert_eq!(said, Some(expected));
    }
}
