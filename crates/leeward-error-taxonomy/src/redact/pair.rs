//! Names and values that stand in members of their own: `{"Key": "password", "Value": "…"}`, as tags and parameters do.

use super::{looked, scan::is_of_a_word, value};

/// The name stands so near before its value; a tag's key has up to 128 characters.
const NEAR: usize = 256;

/// The name of what the member from `start`, which is called `member`, is the value of.
pub(super) fn name_before<'a>(bytes: &'a [u8], start: usize, member: &[u8]) -> Option<&'a [u8]> {
    if !ends_with(member, b"value") {
        return None;
    }
    let least = start.saturating_sub(NEAR);
    let mut at = start;
    while at > least {
        at -= 1;
        match bytes[at] {
            b'{' | b'}' => return None,
            byte if !is_of_a_word(byte) => continue,
            _ => {}
        }
        let end = at + 1;
        let word = &bytes[least..end];
        let length = word.iter().rev().take_while(|&&byte| is_of_a_word(byte));
        at = end - length.count();
        looked(end - at);
        if !ends_with(&bytes[at..end], b"key") && !ends_with(&bytes[at..end], b"name") {
            continue;
        }
        if let Some(begin) = value::begin(bytes, at, end).filter(|begin| begin.is_separated) {
            let name = &bytes[begin.inner..start.max(begin.inner)];
            let length = name.iter().take_while(|&&byte| is_of_a_word(byte)).count();
            looked(length);
            return Some(&name[..length]);
        }
    }
    None
}

fn ends_with(word: &[u8], end: &[u8]) -> bool {
    word.len()
        .checked_sub(end.len())
        .is_some_and(|from| word[from..].eq_ignore_ascii_case(end))
}
