//! Messages that are signed, whose speed is the signature's or the hash's.

use super::{
    DECRYPT_1_KIB_SIGNED, ENCRYPT_1_KIB_SIGNED, FRAME, LEEWARD_SIGNED, LIMIT_OF_HASH,
    LIMIT_OF_SIGNATURE, LIMIT_OF_VERIFICATION, SIGNED, Way, limit, on_two_threads, shape,
    throughput,
};
use crate::{Area, Bar, BoxError, Case, Subject, Unit};

const SIGNED_ON_TWO: &str = "leeward 0x0578, 4 KiB frames, two threads";

pub(super) fn cases() -> Result<[Case; 6], BoxError> {
    Ok([
        // 0.8 of the signature's rate is 1.25 of its time.
        short(Way::Encrypt, ENCRYPT_1_KIB_SIGNED)?
            .with(LIMIT_OF_SIGNATURE, limit::sign()?)
            .compare(LEEWARD_SIGNED, LIMIT_OF_SIGNATURE, Bar::AtMost(1.25)),
        short(Way::Decrypt, DECRYPT_1_KIB_SIGNED)?
            .with(LIMIT_OF_VERIFICATION, limit::verify()?)
            .compare(LEEWARD_SIGNED, LIMIT_OF_VERIFICATION, None),
        long(Way::Encrypt, "encrypt 1 MiB, signed", 0.80)?,
        long(Way::Decrypt, "decrypt 1 MiB, signed", 0.75)?,
        two_threads(Way::Encrypt, "encrypt 1 MiB, signed, two threads")?,
        two_threads(Way::Decrypt, "decrypt 1 MiB, signed, two threads")?,
    ])
}

fn short(way: Way, name: &'static str) -> Result<Case, BoxError> {
    let case = Case::new(Area::Envelope, name, Unit::Nanoseconds);
    Ok(case.with(LEEWARD_SIGNED, ours(way, 1 << 10)?))
}

fn long(way: Way, name: &'static str, least: f64) -> Result<Case, BoxError> {
    let len = 1 << 20;
    Ok(throughput(name, len)
        .with(LIMIT_OF_HASH, limit::hash(len))
        .with(LEEWARD_SIGNED, ours(way, len)?)
        .compare(LEEWARD_SIGNED, LIMIT_OF_HASH, Bar::AtLeast(least)))
}

fn two_threads(way: Way, name: &'static str) -> Result<Case, BoxError> {
    let len = 1 << 20;
    let shape = on_two_threads(shape(SIGNED, FRAME, len));
    Ok(throughput(name, len)
        .with(LIMIT_OF_HASH, limit::hash(len).by_the_wall())
        .with(SIGNED_ON_TWO, way.ours(shape)?.by_the_wall())
        .compare(SIGNED_ON_TWO, LIMIT_OF_HASH, Bar::AtLeast(0.85)))
}

fn ours(way: Way, len: usize) -> Result<Subject, BoxError> {
    way.ours(shape(SIGNED, FRAME, len))
}
