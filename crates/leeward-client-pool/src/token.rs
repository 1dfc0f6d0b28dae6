use std::hash::{BuildHasher, RandomState};

/// Draws what makes a call the same call when it is sent again: 32 hexadecimal digits, which two processes do not draw alike.
///
/// They come of what the operating system seeds hashes with, since machines that are started from one image, at one time, share clocks and
/// addresses. They are no secret: do not use them as a key.
///
/// ```
/// let token = leeward_client_pool::random_token();
/// assert_eq!(token.len(), 32);
/// assert_ne!(token, leeward_client_pool::random_token());
/// ```
#[must_use]
pub fn random_token() -> String {
    // Each state has keys of its own.
    let [one, other] = [(); 2].map(|()| RandomState::new().hash_one(()));
    format!("{one:016x}{other:016x}")
}
