/// Why no secret can be called so: `SecretId` has 1 to 2,048 characters (`GetSecretValue`, AWS Secrets Manager API Reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    Long,
}

const LONGEST: usize = 2_048;

impl Flaw {
    pub(super) fn of(id: &str) -> Option<Self> {
        match id.len() {
            0 => Some(Self::Empty),
            1..=LONGEST => None,
            _ => id.chars().nth(LONGEST).map(|_| Self::Long),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_from_1_to_2048_characters() {
        for (id, flaw) in [
            ("", Some(Flaw::Empty)),
            ("x", None),
            (&"x".repeat(2_048), None),
            (&"é".repeat(2_048), None),
            (&"x".repeat(2_049), Some(Flaw::Long)),
            (&"é".repeat(2_049), Some(Flaw::Long)),
        ] {
            assert_eq!(Flaw::of(id), flaw, "{}", id.len());
        }
    }
}
