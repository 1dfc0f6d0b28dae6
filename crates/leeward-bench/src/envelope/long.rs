//! Messages that are long beside their header, whose speed is the cipher's.

use super::{
    DECRYPT_1_MIB, ENCRYPT_1_MIB, FRAME, LARGE_FRAME, LEEWARD, LEEWARD_LARGE_FRAMES,
    LEEWARD_NEW_BUFFER, LIMIT, LIMIT_IN_LARGE_PIECES, LIMIT_IN_PIECES, UNSIGNED, Way,
    on_two_threads, shape, throughput,
};
use crate::{Bar, BoxError, Case};

const LIMIT_ON_ONE: &str = "limit: AES-256-GCM, 4 KiB pieces, one thread";
const LIMIT_ON_TWO: &str = "limit: AES-256-GCM, 4 KiB pieces, two threads";
const ON_ONE: &str = "leeward 0x0478, 4 KiB frames, one thread";
const ON_TWO: &str = "leeward 0x0478, 4 KiB frames, two threads";

pub(super) fn cases() -> Result<Vec<Case>, BoxError> {
    let mut cases = Vec::new();
    for (encrypt, decrypt, len, is_held) in [
        ("encrypt 64 KiB", "decrypt 64 KiB", 64 << 10, false),
        (ENCRYPT_1_MIB, DECRYPT_1_MIB, 1 << 20, true),
        ("encrypt 16 MiB", "decrypt 16 MiB", 16 << 20, true),
    ] {
        cases.push(case(Way::Encrypt, encrypt, len, is_held)?);
        cases.push(case(Way::Decrypt, decrypt, len, is_held)?);
    }
    for (encrypt, decrypt, len, bar) in [
        // From here on messages are shared.
        (
            "encrypt 2 MiB, two threads",
            "decrypt 2 MiB, two threads",
            2 << 20,
            None,
        ),
        (
            "encrypt 16 MiB, two threads",
            "decrypt 16 MiB, two threads",
            16 << 20,
            Some(Bar::AtLeast(1.5)),
        ),
    ] {
        cases.push(two_threads(Way::Encrypt, encrypt, len, bar)?);
        cases.push(two_threads(Way::Decrypt, decrypt, len, bar)?);
    }
    Ok(cases)
}

fn case(way: Way, name: &'static str, len: usize, is_held: bool) -> Result<Case, BoxError> {
    let bar = |least| is_held.then_some(Bar::AtLeast(least));
    let (small, large) = (
        shape(UNSIGNED, FRAME, len),
        shape(UNSIGNED, LARGE_FRAME, len),
    );
    Ok(throughput(name, len)
        .with(LIMIT, way.limit(len, len)?)
        .with(LIMIT_IN_PIECES, way.limit(len, FRAME)?)
        .with(LIMIT_IN_LARGE_PIECES, way.limit(len, LARGE_FRAME)?)
        .with(LEEWARD, way.ours(small)?)
        .with(LEEWARD_LARGE_FRAMES, way.ours(large)?)
        .with(LEEWARD_NEW_BUFFER, way.ours_anew(small)?)
        .compare(LEEWARD, LIMIT, None)
        .compare(LEEWARD, LIMIT_IN_PIECES, bar(0.80))
        .compare(LEEWARD_LARGE_FRAMES, LIMIT_IN_LARGE_PIECES, bar(0.90))
        .compare(LEEWARD_NEW_BUFFER, LIMIT_IN_PIECES, None))
}

fn two_threads(
    way: Way,
    name: &'static str,
    len: usize,
    bar: Option<Bar>,
) -> Result<Case, BoxError> {
    let one = shape(UNSIGNED, FRAME, len);
    Ok(throughput(name, len)
        .with(LIMIT_ON_ONE, way.limit(len, FRAME)?.by_the_wall())
        // Those threads measure themselves, each on a processor of its own.
        .with(LIMIT_ON_TWO, way.limit_on_two_threads(len, FRAME)?)
        .with(ON_ONE, way.ours(one)?.by_the_wall())
        .with(ON_TWO, way.ours(on_two_threads(one))?.by_the_wall())
        .compare(LIMIT_ON_TWO, LIMIT_ON_ONE, None)
        .compare(ON_TWO, ON_ONE, bar)
        .compare(ON_TWO, LIMIT_ON_TWO, None))
}
