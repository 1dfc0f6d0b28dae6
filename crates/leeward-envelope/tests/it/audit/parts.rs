//! What is told of a message that is read in parts.

use super::{Trail, failed};
use crate::{context, run};
use leeward_envelope::{AuditOperation, AuditOutcome, CorrelationId, inspect, read_at_fn};
use leeward_error_taxonomy::Category;
use std::{
    future,
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

#[tokio::test(start_paused = true)]
async fn each_part_that_is_read_is_an_event_of_its_own() {
    let trail = Trail::default();
    let bound = context(&[("tenant", "acme")]);
    let message = trail.encryptor().encrypt(&[5; 10_000], &bound).await;
    let message = message.unwrap();
    trail.take();
    let reader = trail
        .decryptor()
        .open_ranges(&message[..], &context(&[]))
        .await;
    let reader = reader.unwrap();
    let opened = trail.only();
    assert_eq!(opened.operation, AuditOperation::Open);
    assert_eq!(opened.outcome, AuditOutcome::Succeeded);
    assert_eq!(opened.plaintext_len, 0);
    let header_len = inspect(&message).unwrap().header_len() as u64;
    assert_eq!(opened.message_len, header_len);

    // Two of three frames, for one request.
    let reading = CorrelationId::new("req-7").scope(reader.read_range(4_000..4_200));
    reading.await.unwrap();
    let read = trail.only();
    assert_eq!(read.operation, AuditOperation::Read);
    assert_eq!(read.outcome, AuditOutcome::Succeeded);
    assert_eq!((read.plaintext_len, read.message_len), (200, 2 * 4_128));
    assert_eq!(read.correlation_id, Some(CorrelationId::new("req-7")));
    assert_eq!(read.is_cached, Some(true));
    assert_eq!(
        (&read.key_use, &read.context_keys, read.suite),
        (&opened.key_use, &opened.context_keys, opened.suite)
    );
    // What opens no frame is nothing to tell, and what proves the length releases nothing.
    reader.read_range(7..7).await.unwrap();
    assert!(trail.take().is_empty());
    reader.prove_len().await.unwrap();
    let proved = trail.only();
    let last = 10_000 - 2 * 4_096 + 32 + 8;
    assert_eq!((proved.plaintext_len, proved.message_len), (0, last));
    reader.prove_len().await.unwrap();
    reader.read_range(10_000..20_000).await.unwrap();
    assert!(trail.take().is_empty());
    reader.read_range(9_999..20_000).await.unwrap();
    let read = trail.only();
    assert_eq!((read.plaintext_len, read.message_len), (1, last));
    assert_eq!(read.to_string(), "part read");
}

#[test]
fn a_part_that_is_not_read_is_told_as_failed_or_abandoned() {
    let trail = Trail::default();
    let none = context(&[]);
    let mut message = run(trail.encryptor().encrypt(&[5; 10_000], &none)).unwrap();
    *message.last_mut().unwrap() ^= 1;
    trail.take();
    let reader = run(trail.decryptor().open_ranges(&message[..], &none)).unwrap();
    trail.take();
    run(reader.read_range(0..9_000)).unwrap_err();
    let event = trail.only();
    assert_eq!(event.operation, AuditOperation::Read);
    assert_eq!(failed(&event), Some(Category::Encryption));
    assert_eq!(event.plaintext_len, 0);
    run(reader.prove_len()).unwrap_err();
    assert_eq!(failed(&trail.only()), Some(Category::Encryption));

    // A source that answers once, with the header, and then never.
    let calls = AtomicUsize::new(0);
    let source = read_at_fn(message.len() as u64, |range: Range<u64>| {
        let bytes = message[range.start as usize..range.end as usize].to_vec();
        let is_header = calls.fetch_add(1, SeqCst) == 0;
        async move {
            match is_header {
                true => Ok(bytes),
                false => future::pending().await,
            }
        }
    });
    let reader = run(trail.decryptor().open_ranges(source, &none)).unwrap();
    trail.take();
    run(async {
        tokio::select! {
            biased;
            _ = reader.read_range(0..1) => panic!("the source never answers"),
            () = future::ready(()) => {}
        }
    });
    let event = trail.only();
    assert_eq!(event.outcome, AuditOutcome::Abandoned);
    assert_eq!(event.to_string(), "reading of a part abandoned");
}
