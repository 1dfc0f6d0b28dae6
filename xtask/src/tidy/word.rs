//! Nothing is left for later, and no test is switched off.

use super::Violation;
use super::tree::File;

const LATER: &[&str] = &["TODO", "FIXME"];
const UNFINISHED: &[&str] = &["todo!", "unimplemented!"];
const UNTESTED: &[&str] = &["#[ignore", "#[should_panic"];

/// Looks for words in the comments, and for macros and attributes in the code.
pub(super) fn check(file: &File) -> Vec<Violation> {
    let comments = (1..).zip(file.separated.comments.lines());
    let later = comments.filter_map(|(line, text)| {
        let word = LATER.iter().find(|word| stands_in(text, word))?;
        Some((
            line,
            "nothing is left for later",
            format!("do it now, or open an issue and remove {word}"),
        ))
    });
    let code = file.code().filter_map(|(line, text)| {
        if let Some(name) = UNFINISHED.iter().find(|name| stands_in(text, name)) {
            return Some((
                line,
                "nothing is left for later",
                format!("write what {name} stands for"),
            ));
        }
        let attribute = UNTESTED
            .iter()
            .find(|attribute| text.contains(**attribute))?;
        let advice = format!(
            "remove {attribute}]: assert the message of the failure, raise counts by LEEWARD_FULL"
        );
        Some((line, "every test runs and says what it expects", advice))
    });
    later
        .chain(code)
        .map(|(line, rule, advice)| Violation::new(&file.path, line, rule, advice))
        .collect()
}

/// Whether `word` stands in `text` by itself.
fn stands_in(text: &str, word: &str) -> bool {
    let is_of_a_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_of_a_word)
            && (word.ends_with('!') || !text[at + word.len()..].starts_with(is_of_a_word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = super::check(&File::new("a.rs", text));
        let found: Vec<_> = found
            .iter()
            .map(|violation| format!("{}: {}", violation.line, violation.advice))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn later_is_now() {
        check(
            "fn a() {}\n// TODO: b",
            &["2: do it now, or open an issue and remove TODO"],
        );
        check(
            "/// FIXME\nfn a() {}",
            &["1: do it now, or open an issue and remove FIXME"],
        );
        check(
            "fn a() {\n    todo!()\n}",
            &["2: write what todo! stands for"],
        );
        check(
            "fn a() {\n    unimplemented!(\"b\")\n}",
            &["2: write what unimplemented! stands for"],
        );
        check("let todo = \"TODO\"; // TODOS", &[]);
    }

    #[test]
    fn tests_are_not_switched_off() {
        check(
            "#[ignore = \"slow\"]\n#[should_panic]\nfn a() {}",
            &[
                "1: remove #[ignore]: assert the message of the failure, raise counts by LEEWARD_FULL",
                "2: remove #[should_panic]: assert the message of the failure, raise counts by LEEWARD_FULL",
            ],
        );
        check("// `#[ignore]` is refused", &[]);
    }
}
