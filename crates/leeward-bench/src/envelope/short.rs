//! Messages of a kilobyte, of which most is the derivation of their keys.

use super::{
    DECRYPT_1_KIB, ENCRYPT_1_KIB, FLOOR, FRAME, LEEWARD, LEEWARD_NEW_BUFFER, LIMIT, UNSIGNED, Way,
    shape, throughput,
};
use crate::{Area, Bar, BoxError, Case, Unit};

const LEN: usize = 1 << 10;

/// How many messages of ours a second are good on one core of a machine whose cipher seals so many pieces.
const RATE: f64 = 150_000.0;
const RATE_OF_CIPHER: f64 = 2_300_000.0;

pub(super) fn cases() -> Result<[Case; 4], BoxError> {
    Ok([
        case(Way::Encrypt, ENCRYPT_1_KIB)?,
        case(Way::Decrypt, DECRYPT_1_KIB)?,
        rate(Way::Encrypt, "encrypt 1 KiB, messages a second")?,
        rate(Way::Decrypt, "decrypt 1 KiB, messages a second")?,
    ])
}

fn case(way: Way, name: &'static str) -> Result<Case, BoxError> {
    let shape = shape(UNSIGNED, FRAME, LEN);
    Ok(throughput(name, LEN)
        .with(LIMIT, way.limit(LEN, LEN)?)
        .with(FLOOR, way.floor(shape)?)
        .with(LEEWARD, way.ours(shape)?)
        .with(LEEWARD_NEW_BUFFER, way.ours_anew(shape)?)
        .compare(LEEWARD, LIMIT, None)
        .compare(LEEWARD, FLOOR, None)
        .compare(LEEWARD_NEW_BUFFER, LIMIT, None))
}

fn rate(way: Way, name: &'static str) -> Result<Case, BoxError> {
    let as_fast = (LIMIT, Bar::AtLeast(RATE_OF_CIPHER));
    Ok(Case::new(Area::Envelope, name, Unit::OperationsPerSecond)
        .with(LIMIT, way.limit(LEN, LEN)?)
        .with(LEEWARD, way.ours(shape(UNSIGNED, FRAME, LEN))?)
        .claim_where(LEEWARD, Bar::AtLeast(RATE), as_fast))
}
