use std::fmt;

/// What kept a request from an answer, below the service: what the connector said, what had to be known before sending, or that
/// there was nowhere to send it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Obstacle {
    /// No credentials were found, or their provider failed.
    Credentials,
    /// The provider of credentials did not answer in time.
    CredentialsTimeout,
    /// The profile or another setting that the credentials come from is wrong.
    CredentialsSetup,
    /// The client was given no provider of credentials.
    NoCredentialsProvider,
    /// No Region is set.
    NoRegion,
    /// The endpoint could not be made of the Region and the settings.
    Endpoint,
    /// The host name could not be looked up.
    Dns,
    /// No connection could be made.
    Connect,
    /// No connection could be made in time.
    ConnectTimeout,
    /// The TLS handshake failed.
    Tls,
    /// The proxy refused to make a tunnel.
    Proxy,
    /// The runtime that the client's connections live on has ended.
    Runtime,
    /// The request cannot be sent as it is.
    Request,
    /// A hook of the client failed.
    Interceptor,
    /// The connection was lost on the way.
    Io,
    /// The answer did not come in time.
    Timeout,
    /// There is no Region that the call may go to: of a pin, of what it excludes, or of Regions that were drained.
    Placement,
    /// What the request names is not in the Region that it was to go to.
    Elsewhere,
    /// Something else that the call needs, which the message names.
    Missing,
    /// Something else.
    Other,
}

impl Obstacle {
    /// The name for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::CredentialsTimeout => "credentials_timeout",
            Self::CredentialsSetup => "credentials_setup",
            Self::NoCredentialsProvider => "no_credentials_provider",
            Self::NoRegion => "no_region",
            Self::Endpoint => "endpoint",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::Tls => "tls",
            Self::Proxy => "proxy",
            Self::Runtime => "runtime",
            Self::Request => "request",
            Self::Interceptor => "interceptor",
            Self::Io => "io",
            Self::Timeout => "timeout",
            Self::Placement => "placement",
            Self::Elsewhere => "elsewhere",
            Self::Missing => "missing",
            Self::Other => "other",
        }
    }

    /// Whether credentials were in the way, so that a code is that of an answer to their provider.
    pub(crate) const fn is_of_credentials(self) -> bool {
        matches!(
            self,
            Self::Credentials | Self::CredentialsTimeout | Self::CredentialsSetup
        )
    }

    /// Says what to do, more closely where it is known what `told` says: the root of the failure in words.
    pub(crate) fn advice(self, told: impl FnOnce() -> String) -> &'static str {
        let known = matches!(self, Self::Credentials | Self::CredentialsSetup)
            .then(told)
            .and_then(|told| of_provider(&told));
        known.unwrap_or_else(|| self.general_advice())
    }

    /// The hop limit is that of "Configure the Instance Metadata Service options" in the EC2 User Guide.
    const fn general_advice(self) -> &'static str {
        match self {
            Self::Credentials => {
                "give the client credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, log in with aws sso login, or attach a role to the instance, task or function"
            }
            Self::CredentialsTimeout => {
                "look at where the credentials come from: the instance metadata service (hop limit of 2 in a container), the container's endpoint or STS did not answer in time"
            }
            Self::CredentialsSetup => {
                "correct the profile that AWS_PROFILE names in ~/.aws/config: role_arn with source_profile or credential_source, or sso_session with sso_account_id and sso_role_name"
            }
            Self::NoCredentialsProvider => {
                "give the client's configuration a credentials provider, or load it with aws-config"
            }
            Self::NoRegion => {
                "set AWS_REGION, a region in the profile, or the Region of the client's configuration"
            }
            Self::Endpoint => {
                "correct the endpoint settings: AWS_ENDPOINT_URL cannot be used together with FIPS or dual-stack, and not every Region has these"
            }
            Self::Dns => {
                "check the Region in the endpoint's name, the resolver, and private DNS of a VPC endpoint"
            }
            Self::Connect => {
                "check that a route, a security group and a proxy (HTTPS_PROXY, NO_PROXY) let this machine reach the endpoint's port"
            }
            Self::ConnectTimeout => {
                "look for a firewall, security group or missing NAT or VPC endpoint that drops packets to the endpoint"
            }
            Self::Tls => {
                "trust the certificate that the endpoint or an inspecting proxy shows (the system's trust store, or SSL_CERT_FILE), and check the host name and the clock"
            }
            Self::Proxy => {
                "correct the user, password and host in HTTPS_PROXY, or exempt the endpoint with NO_PROXY"
            }
            Self::Runtime => {
                "make the client on a runtime that lives as long as it is used, since its connections ended with theirs"
            }
            Self::Request => "correct the request: it has no form in which it could be sent",
            Self::Interceptor => "look at the interceptor that the message names",
            Self::Io => {
                "send it again if that is safe, and let idle connections end sooner than the service, or what lies between, ends them if it stays"
            }
            Self::Timeout => "send it again if that is safe, and give it more time if it stays",
            Self::Placement => {
                "let the call go to a Region that takes calls: correct its pin or what it excludes, add that Region to the list, or restore one that was drained"
            }
            Self::Elsewhere => {
                "name what the Region called has, such as a key, a secret or a table with a replica there, or leave that Region out"
            }
            Self::Missing => {
                "read the reason: it names what is missing, such as a client, credentials or a Region that may take the call; nothing was sent"
            }
            Self::Other => "check the network, the proxy and the endpoint",
        }
    }
}

/// What the providers of aws-config 1.13 say, whose errors have no public type.
fn of_provider(told: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        (
            "SSO token",
            "log in again with aws sso login and the profile that AWS_PROFILE names: its token is missing or has expired",
        ),
        (
            "cached Login token",
            "log in again with aws login: the cached session is missing or has expired",
        ),
        (
            "AWS_ROLE_ARN environment variable must be set",
            "set AWS_ROLE_ARN beside AWS_WEB_IDENTITY_TOKEN_FILE: on EKS, annotate the service account with the role's ARN",
        ),
        (
            "No such file or directory",
            "put the file there that credentials come from: the token that AWS_WEB_IDENTITY_TOKEN_FILE names, or the command of credential_process",
        ),
        (
            "sso-session named",
            "write the [sso-session] section that the profile's sso_session names into ~/.aws/config",
        ),
        (
            "was not defined",
            "write the profile that AWS_PROFILE, source_profile or the client's configuration names into ~/.aws/config",
        ),
        (
            "formed an infinite loop",
            "end the chain of source_profile with a profile that has credentials of its own",
        ),
        (
            "cargo feature",
            "turn the feature of aws-config on that the message names",
        ),
    ];
    let found = KNOWN.iter().find(|(words, _)| told.contains(words));
    found.map(|(_, advice)| *advice)
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
