use crate::failure::Failure;
use leeward::{error_taxonomy::Region, kms_envelope::KeyArn};

/// Refuses a list that no key and no network can make good. An empty one asks for all replicas.
pub(super) fn check(asked: &[Region], down: u8) -> Result<(), Failure> {
    if let [only] = asked {
        return Err(Failure::bad_input(format!(
            "--regions names {only} alone, so there is nowhere to fail over to: give it two Regions or more"
        )));
    }
    for (at, region) in asked.iter().enumerate() {
        if asked[..at].contains(region) {
            return Err(Failure::bad_input(format!(
                "--regions names {region} twice: give each Region once"
            )));
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    enough(asked, down)
}

/// Chooses the Regions to be tried, of those that hold the key.
pub(super) fn choose(
    key: &KeyArn,
    replicas: &[Region],
    asked: &[Region],
    down: u8,
) -> Result<Vec<Region>, Failure> {
    if let Some(missing) = asked.iter().find(|region| !replicas.contains(region)) {
        let replicas = list(replicas);
        return Err(Failure::bad_input(format!(
            "{key} has no replica in {missing}, only in {replicas}: replicate it, or change --regions"
        )));
    }
    let regions = if asked.is_empty() { replicas } else { asked };
    if regions.len() < 2 {
        let regions = list(regions);
        return Err(Failure::bad_input(format!(
            "{key} is in {regions} alone, so there is nowhere to fail over to: add a replica with kms:ReplicateKey"
        )));
    }
    enough(regions, down)?;
    Ok(regions.to_vec())
}

/// Refuses to silence more Regions than there are.
fn enough(regions: &[Region], down: u8) -> Result<(), Failure> {
    let count = regions.len();
    if usize::from(down) > count {
        let regions = list(regions);
        return Err(Failure::bad_input(format!(
            "--down {down} silences more Regions than the {count} there are ({regions}): give --down {count} or less"
        )));
    }
    Ok(())
}

fn list(regions: &[Region]) -> String {
    let names: Vec<_> = regions.iter().map(Region::as_str).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

    fn regions(names: &str) -> Vec<Region> {
        let names = names.split_whitespace();
        names.map(|name| name.parse().unwrap()).collect()
    }

    /// What is said, or nothing.
    fn said<T>(outcome: Result<T, Failure>) -> String {
        let text = outcome.err().map(|failure| failure.to_string());
        text.unwrap_or_default()
    }

    #[test]
    fn a_list_is_two_regions_or_more_each_once_and_enough_to_silence() {
        for (asked, down, says) in [
            ("", 3, ""),
            ("us-east-1 us-west-2", 1, ""),
            ("us-east-1 us-west-2", 2, ""),
            ("us-east-1", 1, "names us-east-1 alone"),
            ("us-east-1 us-east-1", 1, "names us-east-1 twice"),
            ("us-east-1 us-west-2 us-east-1", 1, "names us-east-1 twice"),
            (
                "us-east-1 us-west-2",
                3,
                "more Regions than the 2 there are (us-east-1, us-west-2): give --down 2",
            ),
        ] {
            let said = said(check(&regions(asked), down));
            assert!(said.contains(says), "{said}");
            assert_eq!(said.is_empty(), says.is_empty(), "{asked}: {said}");
        }
    }

    #[test]
    fn the_regions_are_replicas_of_the_key() {
        let key: KeyArn = KEY.parse().unwrap();
        for (replicas, asked, down, says) in [
            ("us-east-1 us-west-2", "", 2, ""),
            (
                "us-east-1 us-west-2 eu-west-1",
                "us-west-2 eu-west-1",
                1,
                "",
            ),
            ("us-east-1", "", 1, "is in us-east-1 alone"),
            (
                "us-east-1 us-west-2",
                "",
                3,
                "more Regions than the 2 there are",
            ),
            (
                "us-east-1 us-west-2",
                "us-west-2 eu-west-1",
                1,
                "no replica in eu-west-1, only in us-east-1, us-west-2",
            ),
        ] {
            let (replicas, asked) = (regions(replicas), regions(asked));
            let chosen = choose(&key, &replicas, &asked, down);
            if says.is_empty() {
                let expected = if asked.is_empty() { replicas } else { asked };
                assert_eq!(chosen.unwrap(), expected);
            } else {
                let said = said(chosen);
                assert!(said.contains(says), "{said}");
            }
        }
    }
}
