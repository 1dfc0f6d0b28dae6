//! The clients of the services that have a feature.

/// One service of the SDK; all their clients are configured alike, and share no trait that would say so.
macro_rules! service {
    ($feature:literal, $sdk:ident $(, $home:expr)?) => {
        #[cfg(feature = $feature)]
        impl crate::AwsClient for $sdk::Client {
            const SERVICE: &'static str = $feature;
            $(const HOME: Option<leeward_error_taxonomy::Region> =
                Some(leeward_error_taxonomy::Region::from_static($home));)?

            fn from_config(config: &crate::ClientConfig) -> Self {
                let mut builder = $sdk::config::Builder::from(config.sdk());
                for interceptor in config.interceptors() {
                    builder.push_interceptor(interceptor);
                }
                for classifier in config.retry_classifiers() {
                    builder.push_retry_classifier(classifier);
                }
                Self::from_conf(builder.build())
            }
        }
    };
}

service!("cloudformation", aws_sdk_cloudformation);
service!("cloudwatch", aws_sdk_cloudwatch);
service!("cloudwatchlogs", aws_sdk_cloudwatchlogs);
service!("costexplorer", aws_sdk_costexplorer, "us-east-1");
service!("dynamodb", aws_sdk_dynamodb);
service!("eventbridge", aws_sdk_eventbridge);
service!("iam", aws_sdk_iam, "us-east-1");
service!("kms", aws_sdk_kms);
service!("lambda", aws_sdk_lambda);
service!("s3", aws_sdk_s3);
service!("secretsmanager", aws_sdk_secretsmanager);
service!("sts", aws_sdk_sts);
