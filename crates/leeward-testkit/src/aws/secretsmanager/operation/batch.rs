use super::{Context, list::page_of, read};
use crate::aws::secretsmanager::{ask::Ask, filters::Filters, pages::Page, refused::Refused};
use serde_json::{Value, json};

/// The most values that one call brings.
const MAX_RESULTS: i64 = 20;

/// The most characters of an id.
const MAX_ID: usize = 2_048;

pub(super) fn answer(context: &mut Context<'_>, ask: Ask<'_>) -> Result<Value, Refused> {
    let filters = Filters::read(ask)?;
    let ids = ask.texts("SecretIdList").filter(|ids| !ids.is_empty());
    let (ids, next): (Vec<String>, _) = match (ids, filters) {
        (Some(ids), None) => (by_ids(ask, &ids)?, None),
        (None, Some(filters)) => by_filters(context, ask, &filters)?,
        _ => {
            return Err(Refused::parameter(
                "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
            ));
        }
    };

    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match read::value(context, &id, None, None) {
            Ok(value) => values.push(Value::from(value)),
            Err(refused) => errors.push(json!({
                "SecretId": id,
                "ErrorCode": refused.code,
                "Message": refused.message,
            })),
        }
    }
    let mut answer = json!({ "SecretValues": values, "Errors": errors });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

fn by_ids(ask: Ask<'_>, ids: &[&str]) -> Result<Vec<String>, Refused> {
    if ask.number("MaxResults").is_some() {
        return Err(Refused::parameter(
            "You can't use MaxResults with SecretIdList: it goes with Filters.",
        ));
    }
    if ids.len() > MAX_RESULTS.unsigned_abs() as usize {
        let constraint = format!("Member must have length less than or equal to {MAX_RESULTS}");
        return Err(Refused::constraint("secretIdList", &constraint));
    }
    // One that no secret can have, and the others are not looked at.
    if ids
        .iter()
        .any(|id| !(1..=MAX_ID).contains(&id.chars().count()))
    {
        let constraint = format!("Member must have length from 1 to {MAX_ID}");
        return Err(Refused::constraint("secretIdList", &constraint));
    }
    Ok(ids.iter().map(|id| (*id).to_owned()).collect())
}

fn by_filters(
    context: &Context<'_>,
    ask: Ask<'_>,
    filters: &Filters,
) -> Result<(Vec<String>, Option<String>), Refused> {
    let mut secrets = context.store.all(&context.place);
    secrets.retain(|secret| secret.deleted.is_none() && filters.mean(secret));
    secrets.reverse();
    let Page { items, next } = page_of(secrets, ask, MAX_RESULTS)?;
    Ok((items.iter().map(|secret| secret.arn()).collect(), next))
}
