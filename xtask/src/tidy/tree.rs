//! The files that the style is about.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::source::Separated;

/// A file of the repository.
#[derive(Debug)]
pub(super) struct File {
    /// From the root, with slashes.
    pub(super) path: String,
    pub(super) text: String,
    /// Code and comments apart, if it is Rust.
    pub(super) separated: Separated,
}

impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let rust = if path.ends_with(".rs") { text } else { "" };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            separated: Separated::from(rust),
        }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The lines of its code, numbered.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.separated.code.lines())
    }
}

/// Every Rust and Markdown file of the workspace, ordered by path.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    walk(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    let absolute = root.join(folder);
    for entry in
        fs::read_dir(&absolute).with_context(|| format!("could not list {}", absolute.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        // What has no name in UTF-8 is none of ours.
        let Some(name) = name.to_str() else { continue };
        let path = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(root, &path, files)?;
            }
        } else if path.ends_with(".rs") || path.ends_with(".md") {
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("could not read {path}"))?;
            files.push(File::new(&path, &text));
        }
    }
    Ok(())
}
