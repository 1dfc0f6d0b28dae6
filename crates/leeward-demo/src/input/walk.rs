use super::{Found, open, unreadable};
use crate::{destination::Destination, failure::Failure};
use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

const NEITHER: &str = "it is neither a file nor a folder";

/// A walk through a folder and whatever its links lead to, which meets every folder and every file once.
///
/// Links are followed when all that has a place of its own has been found. So a file keeps its own name where it has one,
/// and a loop ends where it began.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    destination: &'a Destination,
    root: PathBuf,
    /// By their paths without links, the names under which they were met.
    met: HashMap<PathBuf, PathBuf>,
    links: VecDeque<Place>,
    found: Found,
}

/// Something below the input.
#[derive(Debug)]
struct Place {
    /// As the user would write it.
    path: PathBuf,
    /// Where it is, all but the last part without links.
    real: PathBuf,
    /// From the input on.
    relative: PathBuf,
}

impl<'a> Walk<'a> {
    /// Finds the files below `folder`, which is `real` once its links are resolved.
    pub(super) fn below(
        folder: &Path,
        real: &Path,
        destination: &'a Destination,
    ) -> Result<Found, Failure> {
        let mut walk = Self {
            destination,
            root: real.to_path_buf(),
            met: HashMap::new(),
            links: VecDeque::new(),
            found: Found::default(),
        };
        walk.folder(&Place {
            path: folder.to_path_buf(),
            real: real.to_path_buf(),
            relative: PathBuf::new(),
        })?;
        while let Some(link) = walk.links.pop_front() {
            walk.follow(link)?;
        }
        let mut found = walk.found;
        if found.files.is_empty() {
            let skipped = match found.skipped.as_slice() {
                [] => String::new(),
                skipped => format!(" but what is left out ({})", skipped.join("; ")),
            };
            let folder = folder.display();
            return Err(Failure::bad_input(format!(
                "there is no file below {folder}{skipped}: give --input something to encrypt"
            )));
        }
        found
            .files
            .sort_by(|one, other| one.relative.cmp(&other.relative));
        Ok(found)
    }

    fn folder(&mut self, top: &Place) -> Result<(), Failure> {
        let mut entries = WalkDir::new(&top.real).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|error| {
                Failure::bad_input(format!(
                    "cannot read the input: {error}; mend that or leave it out of --input"
                ))
            })?;
            let place = top.with(entry.path());
            if !entry.file_type().is_dir() {
                self.leaf(place, &entry)?;
            } else if entry.depth() > 0 && is_built(&entry)
                || self.destination.is(&place.real)
                || !self.is_new(&place)
            {
                entries.skip_current_dir();
            }
        }
        Ok(())
    }

    fn leaf(&mut self, place: Place, entry: &DirEntry) -> Result<(), Failure> {
        if entry.path_is_symlink() {
            self.links.push_back(place);
        } else if entry.file_type().is_file() {
            self.file(&place)?;
        } else {
            self.skip(&place, NEITHER);
        }
        Ok(())
    }

    fn follow(&mut self, link: Place) -> Result<(), Failure> {
        let real = link.path.canonicalize().map_err(|error| {
            unreadable(
                &link.path,
                format!("it is a link that leads nowhere: {error}"),
            )
        })?;
        let target = Place { real, ..link };
        if self.destination.holds(&target.real) {
            self.skip(&target, "it leads into --output");
        } else if target.real.is_file() {
            self.file(&target)?;
        } else if !target.real.is_dir() {
            self.skip(&target, NEITHER);
        } else if self.root.starts_with(&target.real) || link.real.starts_with(&target.real) {
            self.skip(&target, "it leads back to a folder that holds it");
        } else {
            self.folder(&target)?;
        }
        Ok(())
    }

    fn file(&mut self, place: &Place) -> Result<(), Failure> {
        if self.is_new(place) {
            let file = open(&place.path, &place.real, &place.relative)?;
            self.found.files.push(file);
        }
        Ok(())
    }

    /// Notes that the place is met; if it was met before, it is told as skipped.
    fn is_new(&mut self, place: &Place) -> bool {
        if let Some(first) = self.met.get(&place.real) {
            let reason = format!("it is read as {}", first.display());
            self.skip(place, &reason);
            return false;
        }
        self.met.insert(place.real.clone(), place.path.clone());
        true
    }

    fn skip(&mut self, place: &Place, reason: &str) {
        let name = place.path.display();
        self.found.skipped.push(format!("{name}: {reason}"));
    }
}

impl Place {
    /// The place of something below this one.
    fn with(&self, real: &Path) -> Self {
        let below = real.strip_prefix(&self.real).unwrap_or(real);
        // Joining nothing would leave a slash at the end.
        let join = |path: &Path| path.components().chain(below.components()).collect();
        Self {
            path: join(&self.path),
            real: real.to_path_buf(),
            relative: join(&self.relative),
        }
    }
}

/// What a version control or a build put there is nobody's input.
fn is_built(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let path = entry.path();
    // Cargo tags it, unless the first build in it had a folder of its own below.
    let is_cargos =
        || path.join("CACHEDIR.TAG").exists() || path.with_file_name("Cargo.toml").exists();
    name == ".git" || (name == "target" && is_cargos())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    /// Makes `input` with the named files and links, beside an `elsewhere`, and says what is read and what is skipped.
    #[track_caller]
    fn check(files: &[&str], links: &[(&str, &str)], read: &[&str], skipped: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let input = base.join("input");
        for file in files {
            let path = base.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        for (link, to) in links {
            symlink(to, input.join(link)).unwrap();
        }
        let destination = Destination::at(&input.join("out")).unwrap();
        let found = Walk::below(&input, &input, &destination).unwrap();
        let names: Vec<_> = found
            .files
            .iter()
            .map(|file| file.relative.to_str().unwrap())
            .collect();
        assert_eq!(names, read);
        let prefix = format!("{}/", input.display());
        let reasons: Vec<_> = found
            .skipped
            .iter()
            .map(|text| text.replace(&prefix, ""))
            .collect();
        assert_eq!(reasons, skipped);
    }

    #[test]
    fn a_link_to_a_file_or_folder_elsewhere_is_followed() {
        check(
            &["input/b", "elsewhere/file", "elsewhere/folder/x"],
            &[("a", "../elsewhere/file"), ("c", "../elsewhere/folder")],
            &["a", "b", "c/x"],
            &[],
        );
    }

    #[test]
    fn a_file_with_two_names_is_read_once_under_its_own() {
        check(
            &["input/folder/file"],
            &[("a", "folder/file"), ("b", "folder")],
            &["folder/file"],
            &["a: it is read as folder/file", "b: it is read as folder"],
        );
        check(
            &["input/x", "elsewhere/file"],
            &[("a", "../elsewhere/file"), ("b", "a")],
            &["a", "x"],
            &["b: it is read as a"],
        );
    }

    #[test]
    fn a_folder_reached_on_two_ways_is_read_once() {
        check(
            &["input/x", "elsewhere/deep/file"],
            &[("a", "../elsewhere/deep"), ("b", "../elsewhere")],
            &["a/file", "x"],
            &["b/deep: it is read as a"],
        );
    }

    #[test]
    fn what_a_build_or_a_version_control_put_there_is_not_read() {
        check(
            &[
                "input/.git/HEAD",
                "input/package/Cargo.toml",
                "input/package/target/release/x",
                "input/tagged/target/CACHEDIR.TAG",
                "input/tagged/target/x",
                "input/ours/target/x",
            ],
            &[],
            &["ours/target/x", "package/Cargo.toml"],
            &[],
        );
    }

    #[test]
    fn loops_end_where_they_began() {
        check(
            &["input/one/x", "input/two/y"],
            &[
                ("one/up", ".."),
                ("one/across", "../two"),
                ("root", "/"),
                ("two/across", "../one"),
                ("two/self", "."),
            ],
            &["one/x", "two/y"],
            &[
                "one/across: it is read as two",
                "one/up: it leads back to a folder that holds it",
                "root: it leads back to a folder that holds it",
                "two/across: it is read as one",
                "two/self: it leads back to a folder that holds it",
            ],
        );
    }

    #[test]
    fn the_output_is_not_read() {
        check(
            &["input/a", "input/out/a.leeward"],
            &[("b", "out/a.leeward")],
            &["a"],
            &["b: it leads into --output"],
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        symlink("gone", real.join("link")).unwrap();
        let destination = Destination::at(&real.join("out")).unwrap();
        let text = Walk::below(&real, &real, &destination)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("link: it is a link that leads nowhere"),
            "{text}"
        );
    }
}
