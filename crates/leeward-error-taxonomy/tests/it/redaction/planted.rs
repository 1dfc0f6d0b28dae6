//! Secrets in every way of writing them, and what stands around them.
//!
//! What can be known of a secret is its name or its form; how it is written says how far it goes (see `redact`). So the
//! values drawn here hold any printable character that the way of writing lets them hold: in quotes all of them, escaped as
//! that way escapes; bare no blank, no quote and nothing that begins the next parameter or closes an element.

use proptest::{prelude::*, sample::select};

/// What must not come out, and how it stands in a text.
#[derive(Clone, Debug)]
pub(super) struct Planted {
    /// The pieces of it that can be told from all else.
    pub(super) pieces: Vec<String>,
    pub(super) written: String,
}

/// Secrets that their own form gives away, whatever stands around them.
pub(super) fn formed() -> impl Strategy<Value = Planted> {
    let has_all = |text: &String| {
        let has = |class: fn(char) -> bool| text.contains(class);
        has(|char| char.is_ascii_uppercase())
            && has(|char| char.is_ascii_lowercase())
            && has(|char| !char.is_ascii_alphabetic())
    };
    let secret = prop_oneof![
        "[A-Za-z0-9+/]{40}".prop_filter("as issued", has_all),
        "IQoJb3JpZ2lu[A-Za-z0-9+/]{100,400}",
        "FwoGZXIvYXdz[A-Za-z0-9+/]{100,300}",
        "(AKIA|ASIA)[A-Z2-7]{16}",
        "eyJ[A-Za-z0-9_-]{20,60}\\.eyJ[A-Za-z0-9_-]{20,60}\\.[A-Za-z0-9_-]{20,60}",
        "[0-9a-f]{64}",
    ];
    let around = select(vec![
        "{}",
        "({})",
        "'{}',",
        "\"{}\"",
        "x={}&y",
        "\\\"{}\\\"",
        ": {}==",
    ]);
    (secret, around).prop_map(|(secret, around)| Planted {
        written: around.replace("{}", &secret),
        pieces: vec![secret],
    })
}

/// Values of words that stand in no form and in no error's own words, with `odd` characters between them.
fn value(odd: &'static str) -> impl Strategy<Value = Vec<String>> {
    let piece = (odd, "[qxz]{4,12}").prop_map(|(odd, word)| format!("{odd}{word}"));
    (proptest::collection::vec(piece, 1..5), odd).prop_map(|(mut pieces, last)| {
        pieces.push(last);
        pieces
    })
}

const NAMES: &[&str] = &[
    "password",
    "MasterUserPassword",
    "db.pwd",
    "passphrase",
    "aws_secret_access_key",
    "AWS_SECRET_ACCESS_KEY",
    "secretAccessKey",
    "SessionToken",
    "X-Amz-Security-Token",
    "x-amz-signature",
    "x-amz-server-side-encryption-customer-key",
    "api_key",
    "x-api-key",
    "apikey",
    "Cookie",
    "Set-Cookie",
    "TokenCode",
    "Base32StringSeed",
    "SAMLAssertion",
    "WebIdentityToken",
    "client_secret",
    "private_key",
    "Authorization",
    "Plaintext",
    "SecretString",
];

/// Those that sentences speak of as well.
const NAMES_OF_PROSE: &[&str] = &["token", "secret", "signature", "x-vault-token", "db.Secret"];

fn json(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// A backslash before a quote may be of the value or escape it, and nobody can see which: here it is not drawn.
fn doubled(value: &str, quote: char) -> String {
    let twice = format!("{quote}{quote}");
    value.replace('\\', "/").replace(quote, &twice)
}

fn percent(value: &str) -> String {
    let encode = |char: char| match char {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '!' | '~' | '*' | '(' | ')' => {
            char.to_string()
        }
        other => format!("%{:02X}", u32::from(other)),
    };
    value.chars().map(encode).collect()
}

/// Secrets that a name gives away, in every way of writing one.
pub(super) fn named() -> impl Strategy<Value = Planted> {
    let any = || value("[ -~]{0,3}");
    // Escaping is not asked of what needs none.
    let quotable = || value("[ -!#-&(-\\[\\]-~]{0,3}");
    let bare = || {
        value("[!#$%'()*+,\\-./:;=?@\\[\\]^_{|}~\\\\]{0,3}").prop_map(|mut pieces| {
            // An opening bracket goes to the closing one, a quote to the next: neither begins a bare value.
            if let Some(first) = pieces.first_mut() {
                *first = first
                    .trim_start_matches(|char: char| !"qxz".contains(char))
                    .to_owned();
            }
            for piece in &mut pieces {
                *piece = piece.replace('\'', "");
            }
            pieces
        })
    };
    let plain = || value("[$*+._~-]{0,3}");
    let escaped: Vec<fn(&str, &str) -> String> = vec![
        |name, value| format!("{{{}:{},\"x\":1}}", json(name), json(value)),
        |name, value| format!("{{{} : {} }}", json(name), json(value)),
        |name, value| json(&format!("{{{}:{}}}", json(name), json(value))),
        |name, value| {
            json(&json(&format!(
                "{{{}:{},\"x\":1}}",
                json(name),
                json(value)
            )))
        },
        |name, value| format!("{name}={}", json(value)),
        |name, value| format!("{name}: {}, next", json(value)),
        |name, value| format!("{name}: Some({}), next", json(value)),
        |name, value| format!("{name}: Secret(Some({})), next", json(value)),
        |name, value| format!("{name}: [{}, {}], next", json("x"), json(value)),
        |name, value| format!("{name} = '{}'", doubled(value, '\'')),
        |name, value| format!("{name}=\"{}\"", doubled(value, '"')),
        |name, value| format!("?a=b&{name}={}&c=d", percent(value)),
        |name, value| format!("?a={}&c=d", percent(&format!("{name}={value}&x"))),
        |name, value| {
            let inner = percent(&format!("{name}={value}"));
            format!("a={}&c=d", percent(&inner))
        },
        |name, value| format!("{}={}", percent(name), percent(value)),
        |name, value| {
            format!(
                "q={}",
                percent(&format!("{{{}:{}}}", json(name), json(value)))
            )
        },
        |name, value| {
            let value = value.replace('&', "&amp;").replace('<', "&lt;");
            format!("<{name}>{value}</{name}>")
        },
        |name, value| {
            let value = value.replace('&', "&amp;").replace('<', "&lt;");
            format!("<a:{name} b=\"c\" d='e'>{value}</a:{name}>")
        },
        |name, value| {
            let value = value.replace('&', "&amp;").replace('<', "&lt;");
            format!("<{name}><![CDATA[{value}]]></{name}>")
        },
    ];
    let member: Vec<fn(&str, &str) -> String> = vec![
        |name, value| format!("{{\"Key\":{},\"Value\":{}}}", json(name), json(value)),
        |name, value| {
            json(&format!(
                "[{{\"Name\": {}, \"Value\": {}}}]",
                json(name),
                json(value)
            ))
        },
        |name, value| format!("Tag {{ key: {}, value: {} }}", json(name), json(value)),
        |name, value| {
            let (name, value) = (json(name), json(value));
            format!("P {{ parameter_key: Some({name}), parameter_value: Some({value}) }}")
        },
        |name, value| format!("({}, {})", json(name), json(value)),
        |name, value| format!("[({}, HeaderValue({})), x]", json(name), json(value)),
        |name, value| {
            let value = value.replace('&', "&amp;").replace('<', "&lt;");
            format!("<Tag><Key>{name}</Key>\n<Value>{value}</Value></Tag>")
        },
    ];
    let quoted: Vec<fn(&str, &str) -> String> = vec![
        |name, value| format!("{name}='{value}'"),
        |name, value| format!("'{name}': '{value}', next"),
        |name, value| format!("the {name} \"{value}\" is not"),
        |name, value| format!("{name} value: `{}` ", value.replace('`', "")),
    ];
    let unquoted: Vec<fn(&str, &str) -> String> = vec![
        |name, value| format!("{name}={value}"),
        |name, value| format!("{name} : {value} next"),
        |name, value| format!("{name} => {value}; next"),
        |name, value| format!("--{name} {value} next"),
        |name, value| format!("{{\"message\":\"{name}={value}\",\"x\":1}}"),
        |name, value| format!("password={name}: {value} next"),
        |name, value| format!("{name}: [{value} next"),
        |name, value| format!("ParameterKey={name},ParameterValue={value} next"),
        |name, value| format!("Name: {name}, Value: {value} next"),
    ];
    let schemed: Vec<fn(&str, &str) -> String> = vec![
        |_, value| format!("Authorization header: 'Basic {value}'"),
        |_, value| format!("the authorization header was Bearer {value} then"),
        |_, value| format!("authorization sent as \"basic {value}\""),
        |_, value| {
            format!("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature={value}")
        },
        |_, value| format!("Bearer {value}0123456789abcdef"),
        |_, value| format!("proxy http://eve:{value}@proxy:3128 refused"),
        |_, value| {
            format!(
                "\\n-----BEGIN RSA PRIVATE KEY-----\\n{value}\\n-----END RSA PRIVATE KEY-----\\n"
            )
        },
        |_, value| format!("-----BEGIN PRIVATE KEY----- {value} -----END PRIVATE KEY-----"),
        |_, value| format!("Value '{value}' at 'password' failed to satisfy constraint"),
    ];
    type Ways = Vec<fn(&str, &str) -> String>;
    let written = |values: BoxedStrategy<Vec<String>>, names: Vec<&'static str>, ways: Ways| {
        let encoded = select(vec![
            |text: String| text,
            |text: String| text,
            |text: String| text,
            in_entities,
            |text: String| in_entities(in_entities(text)),
            in_escapes,
            in_odd_blanks,
        ]);
        let drawn = (values, select(names), select(ways), encoded);
        drawn.prop_map(|(pieces, name, way, encode)| {
            let is_word = |piece: &&str| piece.len() >= 4;
            let secret = pieces.concat();
            let words = secret.split(|char| !"qxz".contains(char)).filter(is_word);
            Planted {
                pieces: words.map(ToOwned::to_owned).collect(),
                written: encode(way(name, &secret)),
            }
        })
    };
    let all = || [NAMES, NAMES_OF_PROSE].concat();
    prop_oneof![
        4 => written(any().boxed(), all(), escaped),
        2 => written(any().boxed(), all(), member),
        2 => written(quotable().boxed(), NAMES.to_vec(), quoted),
        2 => written(bare().boxed(), all(), unquoted),
        2 => written(plain().boxed(), NAMES.to_vec(), schemed),
    ]
}

/// Not where backslashes escape what becomes an entity: printed by `Debug` there are more of them, and nobody can see why.
fn in_entities(text: String) -> String {
    if text.contains('\\') {
        return text;
    }
    let text = text.replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;").replace('=', "&#61;")
}

/// As a JSON string that escapes more than it must.
fn in_escapes(text: String) -> String {
    let text = text.replace('\\', "\\u005c").replace('"', "\\u0022");
    text.replace('=', "\\u003D").replace(':', "\\u003a")
}

fn in_odd_blanks(text: String) -> String {
    text.replacen(' ', "\u{a0}", 1).replacen(' ', "\u{2003}", 1)
}

/// What stands around a secret: printable, some of it not ASCII, some of it made to be mistaken for something else.
pub(super) fn neighbour() -> impl Strategy<Value = String> {
    let made = vec![
        "",
        "{\"message\":\"",
        "token=",
        "password='",
        "the secret",
        "https://a.b/?c=d",
        "ключ ",
        "é%C3%A9 %",
        "Basic ",
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:",
        "-----BEGIN",
        "<a b=\"",
        "\\",
    ];
    prop_oneof![
        "[ -~]{0,40}",
        "[ -~]{0,40}",
        select(made).prop_map(ToOwned::to_owned)
    ]
}
