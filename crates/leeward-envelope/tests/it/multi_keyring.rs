//! Several keyrings as one: who is asked, in which order, and what is said when they fail.

use crate::{
    context,
    keyrings::{Fixed, Gated, raw},
    run,
};
use leeward_envelope::{
    AlgorithmSuite, BoxFuture, DataKey, DecryptError, DecryptionMaterials, Decryptor,
    EncryptedDataKey, EncryptionMaterials, Encryptor, Keyring, KeyringError, MultiKeyring,
    NoKeyrings, RawAesKeyring,
};
use std::{
    io,
    sync::{Arc, Mutex},
};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

fn aes(name: &str) -> RawAesKeyring {
    RawAesKeyring::new("here", name, &[name.len() as u8; 32]).unwrap()
}

fn asked() -> EncryptionMaterials {
    EncryptionMaterials::new(SUITE, context(&[("for", "a")]))
}

fn with_data_key() -> EncryptionMaterials {
    asked().with_data_key(DataKey::new(vec![9; 32])).unwrap()
}

fn names(materials: &EncryptionMaterials) -> Vec<String> {
    let keys = materials.encrypted_data_keys().iter();
    keys.map(|key| String::from_utf8_lossy(key.provider_info()).into_owned())
        .map(|info| info.split('\0').next().unwrap().to_owned())
        .collect()
}

/// Writes down that it was asked, and then does as the keyring within.
#[derive(Debug)]
struct Noted<K> {
    name: &'static str,
    asked: Arc<Mutex<Vec<&'static str>>>,
    inner: K,
}

impl<K: Keyring> Keyring for Noted<K> {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        self.asked.lock().unwrap().push(self.name);
        self.inner.on_encrypt(materials)
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        self.asked.lock().unwrap().push(self.name);
        self.inner.on_decrypt(materials, keys)
    }
}

#[derive(Clone, Copy, Debug)]
enum Says {
    Throttled,
    EncryptsOnly,
    OtherDataKey,
    NoDataKey,
    NotWrapped,
    OtherContext,
}

/// Answers as a keyring should not, or not in good times.
#[derive(Debug)]
struct Odd(Says);

impl Keyring for Odd {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        let key = EncryptedDataKey::new("odd", "odd", "odd").unwrap();
        let other = DataKey::new(vec![0xee; 32]);
        let answer = match self.0 {
            Says::Throttled => Err(KeyringError::wrap("odd", io::Error::other("throttled"))),
            Says::EncryptsOnly => Ok(materials.with_encrypted_data_key(key)),
            Says::OtherDataKey => asked()
                .with_data_key(other)
                .map(|it| it.with_encrypted_data_key(key)),
            Says::NoDataKey => Ok(asked().with_encrypted_data_key(key)),
            Says::NotWrapped => Ok(materials),
            Says::OtherContext => EncryptionMaterials::new(SUITE, context(&[]))
                .with_data_key(other)
                .map(|it| it.with_encrypted_data_key(key)),
        };
        Box::pin(async { answer })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        use leeward_envelope::KeyAttempt;
        let answer = match self.0 {
            Says::Throttled => Err(KeyringError::undecryptable(vec![KeyAttempt::failed(
                &keys[0],
                io::Error::other("throttled"),
            )])),
            Says::EncryptsOnly => Err(KeyringError::unsupported("it only encrypts")),
            Says::OtherContext => Ok(DecryptionMaterials::new(SUITE, context(&[]))),
            _ => Ok(materials),
        };
        Box::pin(async { answer })
    }
}

#[test]
fn every_keyring_wraps_the_generators_key_in_order() {
    let keyring = MultiKeyring::builder()
        .with_generator(aes("g"))
        .with_child(aes("one"))
        .with_child(aes("three"))
        .build()
        .unwrap();
    let made = run(keyring.on_encrypt(asked())).unwrap();
    assert_eq!(names(&made), ["g", "one", "three"]);
    let expected = made.data_key().unwrap().expose();
    for name in ["g", "one", "three"] {
        let asked = DecryptionMaterials::new(SUITE, context(&[("for", "a")]));
        let keyring = aes(name);
        let found = run(keyring.on_decrypt(asked, made.encrypted_data_keys())).unwrap();
        assert_eq!(found.data_key().unwrap().expose(), expected);
    }
}

#[test]
fn a_message_for_several_is_read_by_each_and_by_all() {
    let all = || {
        let builder = MultiKeyring::builder().with_generator(aes("g"));
        builder.with_child(aes("one")).build().unwrap()
    };
    let encryptor = Encryptor::builder(all()).build().unwrap();
    let message = run(encryptor.encrypt(b"kept", &context(&[("for", "a")]))).unwrap();
    let readers: [Arc<dyn Keyring>; 3] =
        [Arc::new(aes("g")), Arc::new(aes("one")), Arc::new(all())];
    for reader in readers {
        let decryptor = Decryptor::builder(reader).build().unwrap();
        assert_eq!(
            run(decryptor.decrypt(&message)).unwrap().plaintext(),
            b"kept"
        );
    }
}

#[test]
fn generators_and_children_keep_to_the_contract() {
    let refused = |keyring: MultiKeyring, materials| {
        run(keyring.on_encrypt(materials)).unwrap_err().to_string()
    };
    let generating = || MultiKeyring::builder().with_generator(aes("g"));
    let text = refused(generating().build().unwrap(), with_data_key());
    assert!(
        text.contains("was given a data key but has a generator"),
        "{text}"
    );
    let text = refused(
        MultiKeyring::builder()
            .with_child(aes("one"))
            .build()
            .unwrap(),
        asked(),
    );
    assert!(
        text.contains("without a generator makes no data key"),
        "{text}"
    );
    for (says, expected) in [
        (Says::Throttled, "no data key could be wrapped under odd"),
        (Says::OtherDataKey, "a child changed the data key"),
        (Says::NoDataKey, "a child changed the data key"),
        (Says::NotWrapped, "a child did not wrap the data key"),
        (Says::OtherContext, "another suite or context"),
    ] {
        let keyring = generating().with_child(aes("one")).with_child(Odd(says));
        let text = refused(keyring.build().unwrap(), asked());
        assert!(text.contains(expected), "{says:?}: {text}");
    }
    for (says, expected) in [
        (Says::NoDataKey, "the generator made no data key"),
        (Says::OtherContext, "another suite or context"),
    ] {
        let keyring = MultiKeyring::builder().with_generator(Odd(says));
        let text = refused(keyring.build().unwrap(), asked());
        assert!(text.contains(expected), "{says:?}: {text}");
    }
    assert_eq!(MultiKeyring::builder().build().unwrap_err(), NoKeyrings);
}

#[test]
fn multi_keyrings_nest() {
    let without_generator = MultiKeyring::builder()
        .with_child(aes("one"))
        .with_child(aes("three"));
    let generating = MultiKeyring::builder()
        .with_generator(aes("g"))
        .with_child(aes("fours"));
    let keyring = MultiKeyring::builder()
        .with_generator(generating.build().unwrap())
        .with_child(without_generator.build().unwrap())
        .build()
        .unwrap();
    let made = run(keyring.on_encrypt(asked())).unwrap();
    assert_eq!(names(&made), ["g", "fours", "one", "three"]);
    let materials = DecryptionMaterials::new(SUITE, context(&[("for", "a")]));
    run(keyring.on_decrypt(materials, &made.encrypted_data_keys()[3..])).unwrap();

    let generating = MultiKeyring::builder().with_generator(aes("g"));
    let two_generators = MultiKeyring::builder()
        .with_generator(aes("one"))
        .with_child(generating.build().unwrap());
    let error = run(two_generators.build().unwrap().on_encrypt(asked())).unwrap_err();
    assert!(matches!(error, KeyringError::Contract { .. }), "{error}");
}

#[tokio::test]
async fn children_wrap_at_the_same_time() {
    let [first, second] = [Gated::closed(), Gated::closed()];
    let keyring = MultiKeyring::builder()
        .with_generator(raw())
        .with_child(first.clone())
        .with_child(second.clone())
        .build()
        .unwrap();
    let runtime = tokio::runtime::Handle::current();
    let call = runtime.spawn(async move { keyring.on_encrypt(asked()).await });
    while first.calls() + second.calls() < 2 {
        tokio::task::yield_now().await;
    }
    // In the other order, and still in the keyrings' own.
    second.let_through(1);
    first.let_through(1);
    let made = call.await.unwrap().unwrap();
    assert_eq!(made.encrypted_data_keys().len(), 3);
}

#[tokio::test]
async fn one_child_that_fails_gives_the_others_up() {
    let waiting = Gated::closed();
    let keyring = MultiKeyring::builder()
        .with_generator(raw())
        .with_child(waiting.clone())
        .with_child(Odd(Says::Throttled))
        .build()
        .unwrap();
    let error = keyring.on_encrypt(asked()).await.unwrap_err();
    assert!(matches!(error, KeyringError::Wrap { .. }), "{error}");
    assert_eq!((waiting.calls(), waiting.given_up()), (1, 1));
}

#[test]
fn the_generator_is_asked_first_and_the_first_data_key_is_taken() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = |name: &'static str| Noted {
        name,
        asked: order.clone(),
        inner: aes(name),
    };
    let keyring = MultiKeyring::builder()
        .with_child(noted("one"))
        .with_child(noted("three"))
        .with_generator(noted("g"))
        .build()
        .unwrap();
    let made = run(keyring.on_encrypt(asked())).unwrap();
    order.lock().unwrap().clear();
    let keys = made.encrypted_data_keys();
    for (keys, expected) in [
        (keys, &["g"][..]),
        (&keys[1..], &["g", "one"]),
        (&keys[2..], &["g", "one", "three"]),
    ] {
        let materials = DecryptionMaterials::new(SUITE, context(&[("for", "a")]));
        run(keyring.on_decrypt(materials, keys)).unwrap();
        assert_eq!(std::mem::take(&mut *order.lock().unwrap()), expected);
    }
}

fn refusal(children: Vec<Box<dyn Keyring>>) -> KeyringError {
    let keys = run(aes("g").on_encrypt(asked())).unwrap();
    let mut builder = MultiKeyring::builder();
    for child in children {
        builder = builder.with_child(child);
    }
    let keyring = builder.build().unwrap();
    let materials = DecryptionMaterials::new(SUITE, context(&[("for", "a")]));
    run(keyring.on_decrypt(materials, keys.encrypted_data_keys())).unwrap_err()
}

#[test]
fn when_nobody_has_the_key_each_failure_is_told() {
    let odd = |says| Box::new(Odd(says)) as Box<dyn Keyring>;
    let other = || Box::new(aes("one")) as Box<dyn Keyring>;
    let wrong = || Box::new(RawAesKeyring::new("here", "g", &[0; 32]).unwrap()) as Box<dyn Keyring>;
    let error = refusal(vec![other(), other()]);
    assert!(matches!(&error, KeyringError::NoMatchingKey { met } if met.len() == 1));
    let error = refusal(vec![
        other(),
        odd(Says::Throttled),
        odd(Says::NoDataKey),
        odd(Says::OtherContext),
    ]);
    let text = error.to_string();
    assert!(matches!(error, KeyringError::Unwrap { .. }));
    for expected in [
        "throttled",
        "keyring 3: ",
        "no data key",
        "keyring 4: ",
        "another suite or context",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    let error = refusal(vec![other(), odd(Says::EncryptsOnly)]);
    assert!(
        error.to_string().contains("keyring 2: it only encrypts"),
        "{error}"
    );
    let error = refusal(vec![other(), wrong(), odd(Says::EncryptsOnly)]);
    assert!(matches!(error, KeyringError::Unauthentic), "{error}");
}

#[test]
fn a_context_that_was_changed_is_told_as_any_other_change() {
    let keyring = || {
        let builder = MultiKeyring::builder().with_generator(aes("g"));
        builder.with_child(aes("one")).build().unwrap()
    };
    let encryptor = Encryptor::builder(keyring()).build().unwrap();
    let mut message = run(encryptor.encrypt(b"kept", &context(&[("for", "value")]))).unwrap();
    let at = message
        .windows(5)
        .position(|bytes| bytes == b"value")
        .unwrap();
    message[at] ^= 1;
    let error = run(Decryptor::builder(keyring())
        .build()
        .unwrap()
        .decrypt(&message))
    .unwrap_err();
    assert!(matches!(error, DecryptError::Unauthentic), "{error}");
}

#[test]
fn materials_that_hold_a_data_key_are_refused() {
    let fixed = Fixed {
        data_key: vec![1; 32],
        wrapped: Vec::new(),
    };
    let keyring = MultiKeyring::builder().with_child(fixed).build().unwrap();
    let materials = DecryptionMaterials::new(SUITE, context(&[]))
        .with_data_key(DataKey::new(vec![9; 32]))
        .unwrap();
    let error = run(keyring.on_decrypt(materials, &[])).unwrap_err();
    assert!(matches!(error, KeyringError::Contract { .. }));
}
