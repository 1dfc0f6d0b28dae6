//! The message format of the AWS Encryption SDK with cached data keys, free of the AWS SDK.
