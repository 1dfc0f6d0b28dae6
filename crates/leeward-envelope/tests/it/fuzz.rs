//! Replays the corpus of the fuzz targets, on the toolchain that builds all else.

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "it is a crate of its own as well")]
mod targets;

use leeward_envelope::{CommitmentPolicy, Decryptor};
use std::{fs, path::Path};

#[track_caller]
fn replay(target: &str, reads: fn(&[u8]), at_least: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut count = 0;
    for entry in fs::read_dir(folder.join(target)).unwrap() {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        let outcome = std::panic::catch_unwind(|| reads(&input));
        assert!(outcome.is_ok(), "{}", path.display());
        count += 1;
    }
    assert!(count >= at_least, "{count} inputs for {target}");
}

#[test]
fn headers_of_the_corpus_are_read_the_same_in_pieces() {
    replay("header", targets::header, 85);
}

#[test]
fn bodies_of_the_corpus_are_read_the_same_in_pieces() {
    replay("body", targets::body, 45);
}

#[test]
fn footers_of_the_corpus_are_read_the_same_in_pieces() {
    replay("footer", targets::footer, 13);
}

#[test]
fn wrapped_keys_of_the_corpus_give_a_key_or_one_answer() {
    replay("wrapped_key", targets::wrapped_key, 18);
}

#[test]
fn what_the_targets_graft_onto_is_good() {
    let decryptor = Decryptor::builder(targets::aes())
        .with_commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()
        .unwrap();
    for message in targets::MESSAGES {
        let decrypted = crate::run(decryptor.decrypt(message)).unwrap();
        assert_eq!(decrypted.plaintext(), targets::PLAINTEXT);
    }
}
