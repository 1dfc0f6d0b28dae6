//! Relative links in Markdown lead somewhere.

use super::Violation;
use super::tree::File;

/// Whether the links of the page at `path` are checked: the front page, the docs, and what the crates say of themselves.
pub(super) fn is_ours(path: &str) -> bool {
    path == "README.md"
        || path == "CHANGELOG.md"
        || (path.starts_with("docs/") && path.ends_with(".md"))
        || is_of_a_crate(path)
}

fn is_of_a_crate(path: &str) -> bool {
    path.starts_with("crates/") && path.ends_with("/README.md") && path.split('/').count() == 3
}

/// Checks the links of `page`; `exists` answers for a path from the root.
pub(super) fn check(page: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Violation> {
    let leads_somewhere =
        |target: &str| resolve(&page.path, target).is_some_and(|path| exists(&path));
    links(&page.text)
        .into_iter()
        .filter(|(_, target)| !(is_of_a_crate(&page.path) && is_an_item(target)))
        .filter(|(_, target)| !leads_somewhere(target))
        .map(|(line, target)| {
            let advice = format!("correct `{target}`: there is no such file, seen from this page");
            Violation::new(&page.path, line, "links lead somewhere", advice)
        })
        .collect()
}

/// A crate's README is documentation too: `[Budget](crate::Budget)` names an item, and rustdoc checks it.
fn is_an_item(target: &str) -> bool {
    target.contains("::") || !target.contains(['.', '/'])
}

/// The relative targets of the links in `text`, with their lines; fragments are cut off.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fence = None;
    for (number, line) in (1..).zip(text.lines()) {
        let start = line.trim_start();
        if let Some(mark) = ["```", "~~~"]
            .into_iter()
            .find(|mark| start.starts_with(mark))
        {
            fence = match fence {
                None => Some(mark),
                Some(open) if open == mark => None,
                open => open,
            };
            continue;
        }
        if fence.is_some() {
            continue;
        }
        let line = without_code(line);
        let definition = line
            .trim_start()
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]:"))
            .map(|(_, target)| target);
        let inline = line
            .match_indices("](")
            .map(|(at, _)| inside_parentheses(&line[at + 2..]));
        let targets = inline.chain(definition).filter_map(relative);
        found.extend(targets.map(|target| (number, target.to_owned())));
    }
    found
}

/// `line` with what stands between back-quotes left out.
fn without_code(line: &str) -> String {
    if line.matches('`').count() % 2 == 1 {
        return line.to_owned();
    }
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

fn inside_parentheses(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[..at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// The path of a relative target; nothing for another site, another scheme or a place on the same page.
fn relative(target: &str) -> Option<&str> {
    let target = target.trim();
    let target = match target.strip_prefix('<') {
        Some(rest) => rest.split('>').next()?,
        None => target.split_whitespace().next()?,
    };
    let path = target.split('#').next().filter(|path| !path.is_empty())?;
    let has_scheme = path.split_once(':').is_some_and(|(scheme, rest)| {
        !rest.starts_with(':')
            && scheme.len() > 1
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
    });
    (!has_scheme).then_some(path)
}

/// `target` as seen from `page`, as a path from the root; nothing if it leaves the repository.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        page.split('/').collect()
    };
    parts.pop();
    for part in target
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: &[&str] = &[
        "README.md",
        "docs/guide.md",
        "docs/decisions",
        "crates/leeward-s3",
    ];

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[(usize, &str)]) {
        let found = super::check(&File::new(path, text), &|path| THERE.contains(&path));
        let found: Vec<_> = found
            .iter()
            .map(|violation| (violation.line, violation.advice.as_str()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, target)| {
                (
                    *line,
                    format!("correct `{target}`: there is no such file, seen from this page"),
                )
            })
            .collect();
        assert_eq!(
            found,
            expected
                .iter()
                .map(|(line, advice)| (*line, advice.as_str()))
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn links_are_seen_from_their_page() {
        check(
            "README.md",
            "[a](docs/guide.md#part) and [b](./crates/leeward-s3/)",
            &[],
        );
        check(
            "docs/guide.md",
            "[a](../README.md)\n[b](README.md) [c](decisions)",
            &[(2, "README.md")],
        );
        check(
            "README.md",
            "[a](../elsewhere.md)",
            &[(1, "../elsewhere.md")],
        );
        check("docs/guide.md", "[root](/README.md)", &[]);
    }

    #[test]
    fn every_form_of_link_counts() {
        check(
            "README.md",
            "see [a]\n\n[a]: gone.md \"title\"",
            &[(3, "gone.md")],
        );
        check(
            "README.md",
            "[![badge](gone.svg)](docs/guide.md)",
            &[(1, "gone.svg")],
        );
        check("README.md", "[a](<gone far.md>)", &[(1, "gone far.md")]);
        check("README.md", "[a](gone(1).md)", &[(1, "gone(1).md")]);
    }

    #[test]
    fn other_places_are_not_ours_to_check() {
        check(
            "README.md",
            "[a](https://example.org/x) [b](#part) [c](mailto:a@b.c)",
            &[],
        );
    }

    #[test]
    fn code_has_no_links() {
        check(
            "README.md",
            "```rust\nlet a = b[0](c);\n```\n`[a](gone)` and a[`0`](gone.md)",
            &[(4, "gone.md")],
        );
    }

    #[test]
    fn a_crate_may_link_to_its_items() {
        check(
            "crates/leeward-s3/README.md",
            "[Budget](crate::Budget) [Plain] [p](Plain) [x](gone.md)",
            &[(1, "gone.md")],
        );
        check("README.md", "[Budget](Budget)", &[(1, "Budget")]);
    }

    #[test]
    fn pages_of_dependencies_are_not_ours() {
        assert!(is_ours("docs/decisions/0001.md"));
        assert!(is_ours("crates/leeward/README.md"));
        assert!(!is_ours("crates/leeward-envelope/tests/vectors/README.md"));
    }
}
