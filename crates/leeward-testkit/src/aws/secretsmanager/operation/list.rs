use super::{Context, named};
use crate::aws::secretsmanager::{
    ask::Ask,
    filters::Filters,
    pages::{Page, page},
    refused::Refused,
    secret::{Secret, seconds},
};
use serde_json::{Value, json};

const MAX_RESULTS: i64 = 100;

pub(super) fn list(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let filters = Filters::read(ask)?;
    let with_deleted = ask.flag("IncludePlannedDeletion").unwrap_or(false);
    let mut secrets = context.store.all(&context.place);
    secrets.retain(|secret| {
        let is_meant = filters.as_ref().is_none_or(|filters| filters.mean(secret));
        is_meant && (with_deleted || secret.deleted.is_none())
    });
    if ask.text("SortOrder") != Some("asc") {
        secrets.reverse();
    }
    let Page { items, next } = page_of(secrets, ask, MAX_RESULTS)?;
    let entries: Vec<Value> = items.into_iter().map(entry).collect();
    let mut answer = json!({ "SecretList": entries });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

/// The page of these secrets that a call asks for.
pub(super) fn page_of<'s>(
    secrets: Vec<&'s Secret>,
    ask: Ask<'_>,
    most: i64,
) -> Result<Page<&'s Secret>, Refused> {
    let wanted = ask.number_from("MaxResults", 1..=most)?.unwrap_or(most);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    page(
        secrets,
        |secret| secret.number,
        ask.text("NextToken"),
        wanted,
    )
}

fn entry(secret: &Secret) -> Value {
    let mut told = secret.told();
    let stages = secret.versions_to_stages();
    told.insert("SecretVersionsToStages".to_owned(), stages);
    told.into()
}

pub(super) fn list_version_ids(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let secret = context.find(ask.required("SecretId")?)?;
    let with_deprecated = ask.flag("IncludeDeprecated").unwrap_or(false);
    let versions: Vec<_> = secret
        .versions
        .iter()
        .filter(|version| with_deprecated || !version.stages.is_empty())
        .map(|version| {
            json!({
                "VersionId": version.id,
                "VersionStages": version.stages,
                "CreatedDate": seconds(version.created),
            })
        })
        .collect();
    let mut answer = named(secret);
    answer.insert("Versions".to_owned(), versions.into());
    Ok(answer.into())
}
