//! What an audit is told of the messages of a class.

use super::{builder, client, context};
use crate::cloud::{Cloud, EAST, WEST};
use leeward_envelope::{
    Audit, AuditEvent, AuditOperation, AuditOutcome, CachePolicy, EncryptionContext,
};
use leeward_error_taxonomy::Category;
use leeward_kms_envelope::KeyClass;
use leeward_testkit::{Fault, Scope};
use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

#[tokio::test]
async fn every_message_of_a_class_is_told_with_arn_region_and_request() {
    let cloud = Cloud::start().await;
    let events: Arc<Mutex<Vec<AuditEvent>>> = Arc::default();
    let heard = Arc::clone(&events);
    let audit = Audit::new(move |event| heard.lock().unwrap().push(event.clone()));
    let two = NonZeroU32::new(2).unwrap();
    let cache = CachePolicy::new(Duration::from_secs(60))
        .with_max_messages(two)
        .with_renewal(None);
    let classes = builder(&cloud)
        .with_class(
            "payment",
            KeyClass::new(cloud.key.clone().into())
                .with_cache(cache)
                .without_priming(),
        )
        .with_audit(audit)
        .build()
        .unwrap();
    let payment = classes.class("payment").unwrap();
    let bound = context(&[("tenant", "acme")]);
    let message = payment.encrypt(b"4242", &bound).await.unwrap();
    payment.encrypt(b"4242", &bound).await.unwrap();
    // The east is lost: the next data key comes from the west, and so does the answer to a message of the east.
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    payment.encrypt(b"4242", &bound).await.unwrap();
    payment.decrypt(&message, &bound).await.unwrap();
    let told = std::mem::take(&mut *events.lock().unwrap());
    let west = cloud.key.in_region(&WEST).unwrap();
    let expected = [
        (AuditOperation::Seal, false, &cloud.key),
        (AuditOperation::Seal, true, &cloud.key),
        (AuditOperation::Seal, false, &west),
        (AuditOperation::Open, false, &west),
    ];
    assert_eq!(told.len(), expected.len());
    for (event, (operation, is_cached, key)) in told.iter().zip(expected) {
        assert_eq!(
            (event.operation, event.is_cached),
            (operation, Some(is_cached))
        );
        assert_eq!(event.outcome, AuditOutcome::Succeeded);
        let used = event.key_use.as_ref().unwrap();
        assert_eq!(used.key(), key.to_string());
        assert_eq!(used.region(), Some(key.region()));
        assert!(used.request_id().is_some_and(|id| !id.is_empty()));
        assert_eq!(event.label.as_deref(), Some("payment"));
        assert_eq!(event.context_keys, ["key-class", "tenant"]);
    }
    let ids = |at: usize| told[at].key_use.as_ref().unwrap().request_id();
    assert_eq!(ids(0), ids(1), "the request that brought the cached key");
    assert_ne!(ids(0), ids(2));
}

#[tokio::test]
async fn a_refusal_of_kms_is_told_with_its_category_and_request() {
    let cloud = Cloud::start().await;
    let events: Arc<Mutex<Vec<AuditEvent>>> = Arc::default();
    let heard = Arc::clone(&events);
    let audit = Audit::new(move |event| heard.lock().unwrap().push(event.clone()));
    let classes = builder(&cloud)
        .with_class(
            "pii",
            KeyClass::new(cloud.key.clone().into()).without_cache(),
        )
        .with_audit(audit)
        .build()
        .unwrap();
    let pii = classes.class("pii").unwrap();
    let none = EncryptionContext::empty();
    let message = pii.encrypt(b"x", &none).await.unwrap();
    for region in [EAST, WEST] {
        let kms = client(&cloud, region.clone()).await;
        let key = cloud.key.in_region(&region).unwrap();
        let disable = kms.disable_key().key_id(key.to_string());
        disable.send().await.unwrap();
    }
    let sealing = pii.encrypt(b"x", &none).await.unwrap_err();
    let opening = pii.decrypt(&message, &none).await.unwrap_err();
    let told = std::mem::take(&mut *events.lock().unwrap());
    let [_, sealed, opened] = &told[..] else {
        panic!("{told:#?}");
    };
    for (event, category) in [(sealed, sealing.category()), (opened, opening.category())] {
        assert_eq!(event.outcome.category(), Some(category));
        assert_ne!(category, Category::Unknown);
        let used = event.key_use.as_ref().unwrap();
        assert_eq!(used.key(), cloud.key.to_string());
        assert!(used.request_id().is_some_and(|id| !id.is_empty()));
        assert_eq!(event.is_cached, None);
    }
}
