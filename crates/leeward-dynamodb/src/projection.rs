use std::collections::HashMap;

type Names = HashMap<String, String>;

/// Which attributes of an item are read. The item is paid for as a whole all the same.
///
/// ```
/// use leeward_dynamodb::Projection;
///
/// let at_a_glance = Projection::of(["id", "state"]).with_path(["address", "city"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Projection {
    paths: Vec<Vec<String>>,
}

impl Projection {
    pub(crate) const ALL: Self = Self { paths: Vec::new() };

    /// These attributes, whatever they are called: reserved words too, and a dot is part of a name. Of none it leaves nothing out.
    pub fn of(attributes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        attributes
            .into_iter()
            .fold(Self::default(), |all, attribute| all.with_path([attribute]))
    }

    /// And what is within a map, by the names that lead to it; the rest of the map is left out.
    ///
    /// It is read where it stands: `{"address": {"city": "Kiel"}}`. DynamoDB refuses a path that begins with another one.
    pub fn with_path(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let path: Vec<String> = names.into_iter().map(Into::into).collect();
        if !path.is_empty() && !self.paths.contains(&path) {
            self.paths.push(path);
        }
        self
    }

    /// As a call takes it, which has one set of names for all of its expressions: the expression, and its names with `others`.
    pub(crate) fn among(&self, others: Option<Names>) -> (Option<String>, Option<Names>) {
        let mut names = others.unwrap_or_default();
        let paths: Vec<String> = self
            .paths
            .iter()
            .map(|path| {
                let path = path.iter().map(|name| placed(name, &mut names));
                path.collect::<Vec<_>>().join(".")
            })
            .collect();
        let text = (!paths.is_empty()).then(|| paths.join(", "));
        (text, (!names.is_empty()).then_some(names))
    }
}

/// The placeholder of a name: none that stands for something else in the same call.
fn placed(name: &str, names: &mut Names) -> String {
    let mut placeholders = (0_usize..).map(|number| format!("#only{number}"));
    let stands_for_it =
        |placeholder: &String| names.get(placeholder).is_none_or(|meant| meant == name);
    let placeholder = placeholders
        .find(stands_for_it)
        .expect("there are more numbers than names");
    names.insert(placeholder.clone(), name.to_owned());
    placeholder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[(&str, &str)]) -> Option<Names> {
        let owned = |(placeholder, name): &(&str, &str)| ((*placeholder).into(), (*name).into());
        Some(names.iter().map(owned).collect())
    }

    #[test]
    fn each_name_has_a_placeholder_and_a_dot_is_part_of_it() {
        let projection = Projection::of(["state", "a.b", "state"])
            .with_path(["address", "state"])
            .with_path([""; 0]);
        let (text, placed) = projection.among(None);
        assert_eq!(text.as_deref(), Some("#only0, #only1, #only2.#only0"));
        let expected = [
            ("#only0", "state"),
            ("#only1", "a.b"),
            ("#only2", "address"),
        ];
        assert_eq!(placed, names(&expected));
    }

    #[test]
    fn no_placeholder_of_another_expression_is_taken() {
        let others = [("#only0", "total"), ("#only1", "id")];
        let (text, placed) = Projection::of(["id", "nr"]).among(names(&others));
        assert_eq!(text.as_deref(), Some("#only1, #only2"));
        assert_eq!(placed.unwrap().len(), 3);
    }

    #[test]
    fn of_none_it_leaves_nothing_out() {
        assert_eq!(Projection::of([""; 0]).among(None), (None, None));
    }
}
