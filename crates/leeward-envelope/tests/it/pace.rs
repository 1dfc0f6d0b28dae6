use crate::{context, keyrings::raw, run};
use leeward_envelope::{Decryptor, Encryptor};
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Polls to the end, and counts how often the future let others run.
fn turns<F: Future>(future: F) -> (usize, F::Output) {
    let mut future = pin!(future);
    let mut turns = 0;
    loop {
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(output) => return (turns, output),
            Poll::Pending => turns += 1,
        }
    }
}

#[test]
fn a_long_message_lets_others_run_after_every_mebibyte() {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let plaintext = vec![1; 4 << 20];
    let (turns_to_encrypt, message) = turns(encryptor.encrypt(&plaintext, &context(&[])));
    let message = message.unwrap();
    let (turns_to_decrypt, decrypted) = turns(decryptor.decrypt(&message));
    assert!(decrypted.unwrap().plaintext() == plaintext);
    assert!((3..=4).contains(&turns_to_encrypt), "{turns_to_encrypt}");
    assert!((3..=4).contains(&turns_to_decrypt), "{turns_to_decrypt}");
}

#[test]
fn a_short_message_never_waits() {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let (turns, message) = turns(encryptor.encrypt(&[1; 4096], &context(&[])));
    assert_eq!(turns, 0);
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    assert!(run(decryptor.decrypt(&message.unwrap())).is_ok());
}
