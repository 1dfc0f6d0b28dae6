//! What the ARNs of each service look like, as the tables "Resource types" of the Service Authorization Reference have them.

use crate::{Arn, Resource, ResourceError};

pub(crate) fn read(arn: &Arn) -> Result<Resource<'_>, ResourceError> {
    let service = SERVICES.iter().find(|known| known.name == arn.service());
    let Some(service) = service else {
        return Err(ResourceError::service(arn));
    };
    if let Some(rule) = service.broken_by(arn) {
        return Err(ResourceError::shape(arn, rule));
    }
    (service.read)(arn).ok_or_else(|| ResourceError::kind(arn, service.kinds))
}

struct Service {
    name: &'static str,
    /// Which kinds are told of, for people to read.
    kinds: &'static str,
    place: Place,
    read: fn(&Arn) -> Option<Resource<'_>>,
}

/// What the ARNs of a service name besides the resource.
enum Place {
    RegionAndAccount,
    Account,
    /// None of them for the kinds that are told of.
    Nothing,
}

const SERVICES: [Service; 6] = [
    Service {
        name: "cloudformation",
        kinds: "stacks and change sets",
        place: Place::RegionAndAccount,
        read: of_cloudformation,
    },
    Service {
        name: "dynamodb",
        kinds: "tables, their indexes and their streams",
        place: Place::RegionAndAccount,
        read: of_dynamodb,
    },
    Service {
        name: "iam",
        kinds: "roles, users, groups, policies and instance profiles",
        place: Place::Account,
        read: of_iam,
    },
    Service {
        name: "lambda",
        kinds: "functions, their versions and aliases, layers and their versions",
        place: Place::RegionAndAccount,
        read: of_lambda,
    },
    Service {
        name: "logs",
        kinds: "log groups and log streams",
        place: Place::RegionAndAccount,
        read: of_logs,
    },
    Service {
        name: "s3",
        kinds: "general purpose buckets and objects",
        place: Place::Nothing,
        read: of_s3,
    },
];

impl Service {
    /// The rule that the ARN breaks, if it breaks one.
    fn broken_by(&self, arn: &Arn) -> Option<&'static str> {
        let account = arn.account().unwrap_or_default();
        let is_numbered = account.starts_with(|c: char| c.is_ascii_digit());
        let is_of_aws = account == "aws" && arn.resource().starts_with("policy/");
        match self.place {
            Place::Nothing => None,
            Place::RegionAndAccount if arn.region().is_none() || !is_numbered => {
                Some("an ARN of this service names a Region and the number of an account")
            }
            Place::Account if arn.region().is_some() || !(is_numbered || is_of_aws) => Some(
                "an ARN of this service names no Region and the number of an account, or aws for a policy of AWS",
            ),
            Place::RegionAndAccount | Place::Account if is_pattern(arn) => {
                Some("it has a * or ? as in a policy and stands for many: name one resource")
            }
            Place::RegionAndAccount | Place::Account => None,
        }
    }
}

/// Where names have neither character, but those of log streams a `?`. The `:*` behind a log group is part of its ARN.
fn is_pattern(arn: &Arn) -> bool {
    match arn.service() {
        "logs" => whole(arn.resource()).contains('*'),
        _ => arn.resource().contains(['*', '?']),
    }
}

/// The ARN of a log group, or the end of one, without the `:*` that is there in policies.
pub(crate) fn whole(arn: &str) -> &str {
    arn.strip_suffix(":*").unwrap_or(arn)
}

fn of_cloudformation(arn: &Arn) -> Option<Resource<'_>> {
    let (kind, rest) = arn.resource().split_once('/')?;
    let (name, id) = rest.split_once('/')?;
    match kind {
        _ if name.is_empty() || id.is_empty() => None,
        "stack" => Some(Resource::Stack { name }),
        "changeSet" => Some(Resource::ChangeSet { name }),
        _ => None,
    }
}

fn of_dynamodb(arn: &Arn) -> Option<Resource<'_>> {
    let parts: Vec<&str> = arn.resource().split('/').collect();
    match parts[..] {
        _ if parts.contains(&"") => None,
        ["table", name] => Some(Resource::Table { name }),
        ["table", table, "index", name] => Some(Resource::Index { table, name }),
        ["table", table, "stream", label] => Some(Resource::TableStream { table, label }),
        _ => None,
    }
}

fn of_iam(arn: &Arn) -> Option<Resource<'_>> {
    let (kind, path) = arn.resource().split_once('/')?;
    let name = path.rsplit('/').next()?;
    match kind {
        _ if name.is_empty() => None,
        "role" => Some(Resource::Role { name }),
        "user" => Some(Resource::User { name }),
        "group" => Some(Resource::Group { name }),
        "policy" => Some(Resource::Policy { name }),
        "instance-profile" => Some(Resource::InstanceProfile { name }),
        _ => None,
    }
}

fn of_lambda(arn: &Arn) -> Option<Resource<'_>> {
    let parts: Vec<&str> = arn.resource().split(':').collect();
    match parts[..] {
        _ if parts.contains(&"") => None,
        ["function", name] => Some(Resource::Function {
            name,
            qualifier: None,
        }),
        ["function", name, qualifier] => Some(Resource::Function {
            name,
            qualifier: Some(qualifier),
        }),
        ["layer", name] => Some(Resource::Layer { name }),
        ["layer", layer, version] => Some(Resource::LayerVersion { layer, version }),
        _ => None,
    }
}

fn of_logs(arn: &Arn) -> Option<Resource<'_>> {
    let parts: Vec<&str> = whole(arn.resource()).split(':').collect();
    match parts[..] {
        _ if parts.contains(&"") => None,
        ["log-group", name] => Some(Resource::LogGroup { name }),
        ["log-group", group, "log-stream", name] => Some(Resource::LogStream { group, name }),
        _ => None,
    }
}

/// Access points have a Region, an account or both.
fn of_s3(arn: &Arn) -> Option<Resource<'_>> {
    if arn.region().is_some() || arn.account().is_some() {
        return None;
    }
    match arn.resource().split_once('/') {
        None => Some(Resource::Bucket {
            name: arn.resource(),
        }),
        Some((_, "")) => None,
        Some((bucket, key)) => Some(Resource::Object { bucket, key }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a resource of a service is told as.
    fn told(text: &str) -> String {
        let arn: Arn = text.parse().unwrap();
        match Resource::of(&arn) {
            Ok(resource) => resource.to_string(),
            Err(ResourceError::Service { .. }) => "no such service".to_owned(),
            Err(ResourceError::Kind { .. }) => "no such kind".to_owned(),
            Err(ResourceError::Shape { .. }) => "no such shape".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[track_caller]
    fn check(place: &str, expected: &[(&str, &str)]) {
        for (resource, expected) in expected {
            let text = format!("arn:aws:{place}:{resource}");
            assert_eq!(told(&text), *expected, "{text}");
        }
    }

    #[test]
    fn every_kind_is_known_by_its_arn() {
        check(
            "cloudformation:us-east-1:111122223333",
            &[
                ("stack/orders/0e7e2a10-27d0", "stack orders"),
                ("changeSet/larger/0e7e2a10-27d0", "change set larger"),
                ("stack/orders", "no such kind"),
                ("stack/orders/", "no such kind"),
                ("stack//0e7e2a10", "no such kind"),
                ("stackset/orders:0e7e2a10", "no such kind"),
                ("type/resource/A-B-C/0001", "no such kind"),
                ("stack/orders/*", "no such shape"),
            ],
        );
        check(
            "dynamodb:us-east-1:111122223333",
            &[
                ("table/orders", "table orders"),
                ("table/orders/index/by-day", "index by-day of table orders"),
                (
                    "table/orders/stream/2026-11-22T10:00:00.000",
                    "stream 2026-11-22T10:00:00.000 of table orders",
                ),
                ("table/", "no such kind"),
                ("table/orders/", "no such kind"),
                ("table/orders/backup/0152", "no such kind"),
                ("global-table/orders", "no such kind"),
                ("table/orders/index/*", "no such shape"),
                ("table/order?", "no such shape"),
            ],
        );
        check(
            "iam::111122223333",
            &[
                ("role/app", "role app"),
                ("role/team/eu/app", "role app"),
                ("user/eve", "user eve"),
                ("group/team/readers", "group readers"),
                ("policy/team/read", "policy read"),
                ("instance-profile/app", "instance profile app"),
                ("root", "no such kind"),
                ("role/", "no such kind"),
                ("role/team/", "no such kind"),
                ("mfa/eve", "no such kind"),
                ("oidc-provider/example.com", "no such kind"),
                ("role/*", "no such shape"),
            ],
        );
        check(
            "lambda:us-east-1:111122223333",
            &[
                ("function:orders", "function orders"),
                ("function:orders:7", "function orders:7"),
                ("function:orders:$LATEST", "function orders:$LATEST"),
                ("layer:numbers", "layer numbers"),
                ("layer:numbers:3", "version 3 of layer numbers"),
                ("function:", "no such kind"),
                ("function:orders:", "no such kind"),
                ("function:orders:7:8", "no such kind"),
                ("event-source-mapping:0e7e2a10", "no such kind"),
                ("function:orders:*", "no such shape"),
            ],
        );
        check(
            "logs:us-east-1:111122223333",
            &[
                ("log-group:/app/orders", "log group /app/orders"),
                ("log-group:/app/orders:*", "log group /app/orders"),
                (
                    "log-group:/app/orders:log-stream:a/b[$LATEST]?",
                    "log stream a/b[$LATEST]? of /app/orders",
                ),
                ("log-group:", "no such kind"),
                ("log-group:/app:log-stream:", "no such kind"),
                ("log-group:/app:log-group:/app", "no such kind"),
                ("destination:all", "no such kind"),
                ("log-group:/app/*", "no such shape"),
                ("log-group:/app:log-stream:*:*", "no such shape"),
            ],
        );
        check(
            "s3::",
            &[
                ("orders-archive", "bucket orders-archive"),
                (
                    "orders-archive/2026/a:b",
                    "object 2026/a:b of bucket orders-archive",
                ),
                ("orders-archive/*", "object * of bucket orders-archive"),
                ("orders-archive//", "object / of bucket orders-archive"),
                ("orders-archive/", "no such kind"),
            ],
        );
        check(
            "s3:us-east-1:111122223333",
            &[("accesspoint/orders", "no such kind")],
        );
        check(
            "s3::111122223333",
            &[("accesspoint/a.mrap", "no such kind")],
        );
        check("iam::aws", &[("policy/service-role/Run", "policy Run")]);
        for place in [
            "sqs:us-east-1:111122223333",
            "s3express:us-east-1:111122223333",
            "sts::111122223333",
        ] {
            check(place, &[("orders", "no such service")]);
        }
    }

    #[test]
    fn region_and_account_are_where_the_service_has_them() {
        for (place, resource) in [
            ("cloudformation::111122223333", "stack/orders/1"),
            ("dynamodb:us-east-1:", "table/orders"),
            ("lambda::", "function:orders"),
            ("logs:us-east-1:aws", "log-group:/app"),
            ("iam:us-east-1:111122223333", "role/app"),
            ("iam::", "role/app"),
            ("iam::aws", "role/app"),
            ("iam::cloudfront", "user/x"),
        ] {
            check(place, &[(resource, "no such shape")]);
        }
    }

    /// What a name may be made of, and what it may not.
    const ODD: &str = "[-a-zA-Z0-9_./:*?$é \\u{0}\\[]{0,12}";

    proptest! {
        #[test]
        fn nothing_that_is_read_makes_it_panic(text in ".{0,60}") {
            if let Ok(arn) = text.parse::<Arn>() {
                prop_assert_eq!(arn.as_str(), &text);
                let _ = Resource::of(&arn).map(|resource| resource.to_string());
            }
        }

        #[test]
        fn nothing_that_looks_like_an_arn_makes_it_panic(
            service in 0_usize..SERVICES.len(),
            place in prop::sample::select(vec!["us-east-1:111122223333", ":111122223333", ":aws", ":"]),
            kind in "(stack/|changeSet/|table/|role/|policy/|function:|layer:|log-group:)?",
            rest in ODD,
        ) {
            let name = SERVICES[service].name;
            let text = format!("arn:aws:{name}:{place}:{kind}{rest}");
            if let Ok(arn) = text.parse::<Arn>() {
                prop_assert_eq!(arn.to_string(), text);
                prop_assert_eq!(arn.resource(), format!("{kind}{rest}"));
                if let Err(error) = Resource::of(&arn) {
                    prop_assert!(!error.to_string().contains('\0'), "{}", error);
                }
            }
        }

        #[test]
        fn names_come_back_as_they_went_in(
            a in "[a-z][-a-z0-9]{2,20}",
            b in "[a-z][-a-z0-9/]{0,20}[a-z]",
            is_whole in any::<bool>(),
        ) {
            let of = |place: &str, resource: String| -> Arn {
                format!("arn:aws:{place}:{resource}").parse().unwrap()
            };
            let regional = "us-east-1:111122223333";
            let end = if is_whole { "" } else { ":*" };
            let group = of(&format!("logs:{regional}"), format!("log-group:{b}{end}"));
            prop_assert_eq!(Resource::of(&group), Ok(Resource::LogGroup { name: &b }));
            let stream = of(&format!("logs:{regional}"), format!("log-group:{b}:log-stream:{a}"));
            prop_assert_eq!(Resource::of(&stream), Ok(Resource::LogStream { group: &b, name: &a }));
            let index = of(&format!("dynamodb:{regional}"), format!("table/{a}/index/{a}"));
            prop_assert_eq!(Resource::of(&index), Ok(Resource::Index { table: &a, name: &a }));
            let function = of(&format!("lambda:{regional}"), format!("function:{a}:{a}"));
            let qualifier = Some(&*a);
            prop_assert_eq!(Resource::of(&function), Ok(Resource::Function { name: &a, qualifier }));
            let object = of("s3::", format!("{a}/{b}"));
            prop_assert_eq!(Resource::of(&object), Ok(Resource::Object { bucket: &a, key: &b }));
            let role = of("iam::111122223333", format!("role/{b}/{a}"));
            prop_assert_eq!(Resource::of(&role), Ok(Resource::Role { name: &a }));
        }
    }
}
