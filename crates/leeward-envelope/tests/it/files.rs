//! Files, sealed and opened as a whole.

use crate::{
    context,
    keyrings::{Gated, raw},
    messages::{read, reader, writer},
    run,
};
use leeward_envelope::{AlgorithmSuite, DecryptError, EncryptError, FileError};
use std::{
    fs,
    future::poll_fn,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
        mpsc,
    },
    task::Poll,
};
use tempfile::TempDir;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_comes_back_under_every_suite() {
    let plaintext: Vec<u8> = (0..600_000_u32).map(|at| at as u8).collect();
    let pairs = context(&[("a", "1")]);
    for suite in AlgorithmSuite::ALL {
        let folder = folder(&[("plain", &plaintext), ("back", b"is replaced")]);
        let path = |name| folder.path().join(name);
        let told = Arc::new(AtomicU64::new(0));
        let last = Arc::clone(&told);
        let sealed = writer(raw(), suite).build().unwrap();
        let sealed = sealed.seal_file(path("plain"), path("sealed"), &pairs, move |done| {
            assert!(last.swap(done, SeqCst) <= done);
        });
        assert_eq!(run(sealed).unwrap(), 600_000, "{suite}");
        assert_eq!(told.load(SeqCst), 600_000);
        let message = fs::read(path("sealed")).unwrap();
        assert!(read(&message).unwrap().plaintext() == plaintext);

        let last = Arc::clone(&told);
        let opened = reader(raw()).build().unwrap();
        let opened = opened.open_file(path("sealed"), path("back"), &pairs, move |done| {
            last.store(done, SeqCst);
        });
        assert_eq!(run(opened).unwrap().suite(), suite);
        assert!(told.load(SeqCst) > 600_000);
        assert!(fs::read(path("back")).unwrap() == plaintext);
        assert_eq!(names(folder.path()), ["back", "plain", "sealed"]);
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_plaintext() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("plain", b"attack at dawn"), ("back", b"")]);
    let path = |name| folder.path().join(name);
    let none = context(&[]);
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let decryptor = reader(raw()).build().unwrap();
    run(encryptor.seal_file(path("plain"), path("sealed"), &none, |_| {})).unwrap();
    let open = |name| {
        run(decryptor.open_file(path("sealed"), path(name), &none, |_| {})).unwrap();
        fs::metadata(path(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(open("new"), 0o600);
    for (before, after) in [(0o644, 0o600), (0o600, 0o600), (0o440, 0o400)] {
        fs::set_permissions(path("back"), fs::Permissions::from_mode(before)).unwrap();
        assert_eq!(open("back"), after);
    }
}

#[cfg(unix)]
#[test]
fn a_message_may_be_read_by_whoever_might_read_what_it_replaces() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("plain", b"attack at dawn"), ("sealed", b"before")]);
    let path = |name| folder.path().join(name);
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let none = context(&[]);
    for mode in [0o600, 0o640, 0o666, 0o444] {
        fs::set_permissions(path("sealed"), fs::Permissions::from_mode(mode)).unwrap();
        let (watched, seen) = (folder.path().to_owned(), Arc::new(AtomicU64::new(0)));
        let told = Arc::clone(&seen);
        let sealed = encryptor.seal_file(path("plain"), path("sealed"), &none, move |_| {
            let temporary = names(&watched).into_iter().find(|it| it.ends_with(".tmp"));
            if let Some(name) = temporary {
                let mode = fs::metadata(watched.join(name))
                    .unwrap()
                    .permissions()
                    .mode();
                told.store((mode & 0o777).into(), SeqCst);
            }
        });
        run(sealed).unwrap();
        assert_eq!(seen.load(SeqCst), 0o600, "while it is written");
        let sealed = fs::metadata(path("sealed")).unwrap();
        assert_eq!(sealed.permissions().mode() & 0o777, mode);
        assert!(sealed.len() > 14);
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_have_to_lead_somewhere() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("plain", b"attack at dawn")]);
    let path = |name| folder.path().join(name);
    fs::create_dir(path("there")).unwrap();
    fs::write(path("there/sealed"), b"before").unwrap();
    symlink("there/sealed", path("link")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    symlink("loop", path("loop")).unwrap();
    symlink("plain", path("self")).unwrap();
    symlink("there", path("folder")).unwrap();
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let none = context(&[]);
    let seal = |to| run(encryptor.seal_file(path("plain"), path(to), &none, |_| {}));
    seal("link").unwrap();
    assert!(fs::symlink_metadata(path("link")).unwrap().is_symlink());
    let message = fs::read(path("there/sealed")).unwrap();
    assert_eq!(read(&message).unwrap().plaintext(), b"attack at dawn");
    assert_eq!(names(&path("there")), ["sealed"]);
    for to in ["dangling", "loop"] {
        let error = seal(to).unwrap_err();
        let path = path(to);
        let text = format!("could not follow the link {}", path.display());
        assert_eq!(error.to_string(), text);
        assert!(fs::symlink_metadata(path).unwrap().is_symlink());
    }
    assert!(matches!(seal("self"), Err(FileError::SameFile { .. })));
    assert!(matches!(seal("folder"), Err(FileError::NotAFile { .. })));
    assert_eq!(
        names(folder.path()),
        [
            "dangling", "folder", "link", "loop", "plain", "self", "there"
        ]
    );
}

#[test]
fn a_target_without_a_name_is_refused_before_anything_is_asked() {
    let folder = folder(&[("plain", b"attack at dawn"), ("sealed", b"before")]);
    let path = |name| folder.path().join(name);
    let keyring = Gated::open();
    let encryptor = writer(Arc::clone(&keyring), SUITE).build().unwrap();
    let none = context(&[]);
    for to in [
        "".into(),
        path("new/"),
        path("sealed/"),
        path("sealed/."),
        path("missing/.."),
    ] {
        let sealed = run(encryptor.seal_file(path("plain"), &to, &none, |_| {}));
        let Err(FileError::NoName { path }) = sealed else {
            panic!("{to:?}: {sealed:?}");
        };
        assert_eq!(path, to);
    }
    assert_eq!(keyring.calls(), 0);
    assert_eq!(fs::read(path("sealed")).unwrap(), b"before");
    assert_eq!(names(folder.path()), ["plain", "sealed"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_takes_no_file_is_told_before_anything_is_asked() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("plain", b"attack at dawn")]);
    let path = |name| folder.path().join(name);
    fs::create_dir(path("shut")).unwrap();
    fs::set_permissions(path("shut"), fs::Permissions::from_mode(0o555)).unwrap();
    // To the superuser no folder is shut, but that of the processes takes no file from anybody.
    let is_shut = fs::write(path("shut/probe"), b"").is_err();
    let to = match is_shut {
        true => path("shut/sealed"),
        false => "/proc/sealed".into(),
    };
    let keyring = Gated::open();
    let encryptor = writer(Arc::clone(&keyring), SUITE).build().unwrap();
    let sealed = run(encryptor.seal_file(path("plain"), &to, &context(&[]), |_| {}));
    let text = format!("could not make a temporary file beside {}", to.display());
    assert_eq!(sealed.unwrap_err().to_string(), text);
    assert_eq!(keyring.calls(), 0);
}

#[test]
fn a_message_that_was_changed_leaves_nothing_behind() {
    let none = context(&[]);
    let decryptor = reader(raw()).build().unwrap();
    for suite in AlgorithmSuite::ALL {
        let encryptor = writer(raw(), suite).build().unwrap();
        let mut message = run(encryptor.encrypt(&[5; 600_000], &none)).unwrap();
        let len = message.len();
        message[len - 5] ^= 1;
        for message in [&message[..], &message[..len - 1], &message[..30], b""] {
            let folder = folder(&[("sealed", message), ("back", b"before")]);
            let path = |name| folder.path().join(name);
            let opened = run(decryptor.open_file(path("sealed"), path("back"), &none, |_| {}));
            let error = opened.unwrap_err();
            assert!(matches!(error, FileError::Decrypt { .. }), "{error:?}");
            assert_eq!(fs::read(path("back")).unwrap(), b"before");
            assert_eq!(names(folder.path()), ["back", "sealed"]);
        }
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = folder(&[("plain", b"attack at dawn")]);
    let path = |name| folder.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    fs::hard_link(path("plain"), path("again")).unwrap();
    let none = context(&[]);
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let seal = |from, to| {
        let sealed = run(encryptor.seal_file(path(from), path(to), &none, |_| {}));
        sealed.unwrap_err()
    };
    for (from, to) in [("folder", "sealed"), ("plain", "folder")] {
        assert!(matches!(seal(from, to), FileError::NotAFile { .. }));
    }
    for to in ["plain", "again"] {
        assert!(matches!(seal("plain", to), FileError::SameFile { .. }));
    }
    for (from, to) in [("missing", "sealed"), ("plain", "missing/sealed")] {
        let error = seal(from, to);
        assert!(matches!(error, FileError::Io { .. }), "{error:?}");
        assert!(error.to_string().contains("missing"), "{error}");
    }
    assert_eq!(names(folder.path()), ["again", "folder", "plain"]);
}

#[test]
fn a_file_that_shrinks_is_not_sealed() {
    let folder = folder(&[("plain", &[5; 600_000])]);
    let path = |name| folder.path().join(name);
    let from = path("plain");
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let none = context(&[]);
    let sealed = encryptor.seal_file(path("plain"), path("sealed"), &none, move |_| {
        fs::OpenOptions::new()
            .write(true)
            .open(&from)
            .unwrap()
            .set_len(300_000)
            .unwrap();
    });
    let Err(FileError::Encrypt { source, .. }) = run(sealed) else {
        panic!("it shrank");
    };
    assert!(matches!(
        source,
        EncryptError::OtherLength {
            stated: 600_000,
            ..
        }
    ));
    assert_eq!(names(folder.path()), ["plain"]);
}

#[test]
fn a_keyring_that_denies_leaves_nothing_behind() {
    let folder = folder(&[("plain", b"attack at dawn")]);
    let path = |name| folder.path().join(name);
    let keyring = Gated::open();
    keyring.set_failing(true);
    let encryptor = writer(keyring, SUITE).build().unwrap();
    let sealed = run(encryptor.seal_file(path("plain"), path("sealed"), &context(&[]), |_| {}));
    assert!(matches!(sealed, Err(FileError::Encrypt { .. })));
    assert_eq!(names(folder.path()), ["plain"]);
}

#[test]
fn a_call_that_is_dropped_leaves_nothing_behind() {
    let folder = folder(&[("plain", &[5; 4 << 20]), ("sealed", b"before")]);
    let path = |name| folder.path().join(name);
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let (started, has_started) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let none = context(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sealed = encryptor.seal_file(path("plain"), path("sealed"), &none, move |_| {
            // The caller is gone by the time that this goes on.
            started.send(()).ok();
            goes_on.recv().ok();
        });
        let mut sealed = Box::pin(sealed);
        poll_fn(
            |cx| match (sealed.as_mut().poll(cx), has_started.try_recv()) {
                (Poll::Ready(sealed), _) => panic!("{sealed:?}"),
                (Poll::Pending, Ok(())) => Poll::Ready(()),
                (Poll::Pending, Err(_)) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            },
        )
        .await;
    });
    go_on.send(()).unwrap();
    drop(go_on);
    // Waits for the blocking thread, which has noticed.
    drop(runtime);
    assert_eq!(names(folder.path()), ["plain", "sealed"]);
    assert_eq!(fs::read(path("sealed")).unwrap(), b"before");
}

#[test]
fn without_a_runtime_there_is_an_error() {
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let none = context(&[]);
    let mut sealed = Box::pin(encryptor.seal_file("from", "to", &none, |_| {}));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let Poll::Ready(Err(error)) = sealed.as_mut().poll(&mut cx) else {
        panic!("there is nothing to wait for");
    };
    assert!(matches!(error, FileError::NoThread));
}

#[test]
fn another_context_is_told_as_such() {
    let folder = folder(&[("plain", b"attack at dawn")]);
    let path = |name| folder.path().join(name);
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let decryptor = reader(raw()).build().unwrap();
    let sealed = context(&[("a", "1")]);
    run(encryptor.seal_file(path("plain"), path("sealed"), &sealed, |_| {})).unwrap();
    let expected = context(&[("a", "2")]);
    let opened = run(decryptor.open_file(path("sealed"), path("back"), &expected, |_| {}));
    let Err(FileError::Decrypt { source, .. }) = opened else {
        panic!("the context is another");
    };
    assert!(matches!(source, DecryptError::ContextMismatch { .. }));
    assert_eq!(names(folder.path()), ["plain", "sealed"]);
}
