//! Files are short.

use super::Violation;
use super::tree::File;

const MAX_LINES: usize = 400;

/// Counts lines that are not blank, up to the tests at the foot.
pub(super) fn check(file: &File) -> Vec<Violation> {
    let end = tests_at_the_foot(file).unwrap_or(usize::MAX);
    let lines = (1..)
        .zip(file.text.lines())
        .filter(|(number, line)| *number < end && !line.trim().is_empty())
        .count();
    if lines <= MAX_LINES {
        return Vec::new();
    }
    let advice = format!(
        "split it by subject: {lines} lines, {MAX_LINES} at most, those of the tests at its foot left out"
    );
    vec![Violation::new(&file.path, 1, "files are short", advice)]
}

/// The line of the attribute that the tests at the foot begin with.
fn tests_at_the_foot(file: &File) -> Option<usize> {
    let mut lines = file
        .code()
        .filter(|(_, line)| !line.trim().is_empty())
        .peekable();
    while let Some((number, line)) = lines.next() {
        let for_tests = line.starts_with("#[cfg(") && line.contains("test");
        if for_tests
            && lines
                .peek()
                .is_some_and(|(_, next)| next.contains("mod ") && next.contains('{'))
        {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<usize>) {
        let found = super::check(&File::new("src/a.rs", text));
        let expected = expected.map(|lines| {
            format!(
                "src/a.rs:1: files are short: split it by subject: {lines} lines, 400 at most, \
                 those of the tests at its foot left out"
            )
        });
        assert_eq!(found.first().map(ToString::to_string), expected);
    }

    #[test]
    fn blank_lines_and_tests_do_not_count() {
        check(&"use a;\n".repeat(400), None);
        check(&"use a;\n\n".repeat(401), Some(401));
        let tests = format!(
            "#[cfg(test)]\nmod tests {{\n{}}}\n",
            "    use a;\n".repeat(500)
        );
        check(&format!("{}{tests}", "use a;\n".repeat(400)), None);
        check(&format!("{}{tests}", "// a\n".repeat(401)), Some(401));
    }

    #[test]
    fn a_test_module_in_another_file_ends_nothing() {
        check(
            &format!("#[cfg(test)]\nmod tests;\n{}", "use a;\n".repeat(400)),
            Some(402),
        );
    }
}
