//! The senders of aws-sdk-sts.

senders!(
    aws_sdk_sts:
    assume_role AssumeRoleInputBuilder = "AssumeRole",
    assume_role_with_saml AssumeRoleWithSamlInputBuilder = "AssumeRoleWithSAML",
    assume_role_with_web_identity AssumeRoleWithWebIdentityInputBuilder = "AssumeRoleWithWebIdentity",
    assume_root AssumeRootInputBuilder = "AssumeRoot",
    decode_authorization_message DecodeAuthorizationMessageInputBuilder = "DecodeAuthorizationMessage",
    get_access_key_info GetAccessKeyInfoInputBuilder = "GetAccessKeyInfo",
    get_caller_identity GetCallerIdentityInputBuilder = "GetCallerIdentity",
    get_delegated_access_token GetDelegatedAccessTokenInputBuilder = "GetDelegatedAccessToken",
    get_federation_token GetFederationTokenInputBuilder = "GetFederationToken",
    get_session_token GetSessionTokenInputBuilder = "GetSessionToken",
    get_web_identity_token GetWebIdentityTokenInputBuilder = "GetWebIdentityToken",
);
