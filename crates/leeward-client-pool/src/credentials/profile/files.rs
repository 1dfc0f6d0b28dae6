//! Which file a profile stands in, for people who are to correct it: the SDK merges the files and forgets.

use aws_types::os_shim_internal::Fs;
use std::path::{Path, PathBuf};

/// The shared configuration files ("Location of the shared config and credentials files", AWS SDKs and Tools Reference Guide).
const FILES: [(&str, &str); 2] = [
    ("AWS_CONFIG_FILE", "~/.aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];

/// The files that hold a section of this profile; all of them if it cannot be told which.
pub(super) async fn holding(profile: &str) -> String {
    let all = FILES.map(|(variable, path)| {
        let path = std::env::var(variable).unwrap_or_else(|_| path.to_owned());
        expanded(&path)
    });
    let mut holding = Vec::new();
    for path in &all {
        if is_in(profile, path).await {
            holding.push(path);
        }
    }
    let told = if holding.is_empty() {
        all.iter().collect()
    } else {
        holding
    };
    let told: Vec<_> = told.iter().map(|path| path.display().to_string()).collect();
    told.join(" and ")
}

fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

async fn is_in(profile: &str, path: &Path) -> bool {
    let text = Fs::real().read_to_end(path).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().any(|line| section(line) == Some(profile))
}

/// The profile whose section begins in this line: `[profile staging]`, `[staging]`.
fn section(line: &str) -> Option<&str> {
    let (name, _) = line.trim().strip_prefix('[')?.split_once(']')?;
    let name = name.trim();
    let bare = name
        .strip_prefix("profile")
        .filter(|rest| rest.starts_with([' ', '\t']));
    Some(bare.map_or(name, str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_names_its_profile() {
        for (line, profile) in [
            ("[profile staging]", Some("staging")),
            (" [ profile\tstaging ] # ours", Some("staging")),
            ("[staging]", Some("staging")),
            ("[profiles]", Some("profiles")),
            ("[sso-session staging]", Some("sso-session staging")),
            ("region = [staging]", None),
            ("[staging", None),
        ] {
            assert_eq!(section(line), profile, "{line}");
        }
    }
}
