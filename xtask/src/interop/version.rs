//! Which version a program says that it is.

use std::process::Command;

/// The numbers of a version, as far as they are numbers: `v20.11.1` is 20, 11, 1.
pub(super) fn parse(text: &str) -> Option<Vec<u32>> {
    let text = text.trim();
    let version = text.split_whitespace().next_back()?.trim_start_matches('v');
    let numbers: Vec<u32> = version
        .split('.')
        .map_while(|number| number.parse().ok())
        .collect();
    (!numbers.is_empty()).then_some(numbers)
}

/// What `program --version` says, if there is such a program.
pub(super) fn of(program: &str) -> Option<String> {
    let answer = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    answer.status.success().then(|| text.trim().to_owned())
}

/// Whether `text` names a version of at least `least`.
pub(super) fn is_at_least(text: &str, least: &[u32]) -> bool {
    parse(text).is_some_and(|numbers| numbers.as_slice() >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        for (text, least, expected) in [
            ("Python 3.11.7", &[3, 11][..], true),
            ("Python 3.9.2", &[3, 11], false),
            ("Python 3.14.0rc1", &[3, 11], true),
            ("Python 2.7.18", &[3, 11], false),
            ("v20.20.2", &[20], true),
            ("v18.19.0", &[20], false),
            ("10.8.2", &[0], true),
            ("command not found", &[0], false),
            ("", &[0], false),
        ] {
            assert_eq!(is_at_least(text, least), expected, "{text}");
        }
    }
}
