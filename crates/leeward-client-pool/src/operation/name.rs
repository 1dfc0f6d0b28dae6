use super::classes;
use leeward_error_taxonomy::OperationName;
use leeward_resilience::Idempotency;

/// Reads service and operation off the name of an SDK function such as `EncryptInputBuilder::send_with`.
///
/// The compiler does not promise the form of a type's name; where it is another, the operation is called unknown, may not be
/// sent twice, and its owner can name it. A test here fails if that comes to pass, and one of the unpublished census for each
/// operation of twelve services.
pub(super) fn of_sender<F>() -> (OperationName, Idempotency) {
    match parse(std::any::type_name::<F>()) {
        Some((service, name)) => classes::find(service, name),
        None => (OperationName::UNKNOWN, Idempotency::NonIdempotent),
    }
}

/// By single characters: it is done for each operation that is made, and a search for a text has to be set up each time.
fn parse(path: &'static str) -> Option<(&'static str, &'static str)> {
    let service = path.strip_prefix("aws_sdk_")?.split(':').next()?;
    let operation = path
        .rsplit(':')
        .find_map(|part| part.trim_end_matches('>').strip_suffix("InputBuilder"))?;
    Some((service, operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_form_that_the_compiler_writes() {
        let path = "aws_sdk_kms::operation::encrypt::builders::<impl \
                    aws_sdk_kms::operation::encrypt::_encrypt_input::EncryptInputBuilder>::send_with";
        assert_eq!(parse(path), Some(("kms", "Encrypt")));
    }

    #[test]
    fn calls_everything_else_unknown() {
        for path in [
            "fn(u8) -> u8",
            "my_crate::EncryptInputBuilder::send_with",
            "aws_sdk_kms::Client",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }

    #[cfg(feature = "kms")]
    #[test]
    fn reads_what_the_compiler_writes_today() {
        use aws_sdk_kms::operation::generate_data_key::builders::GenerateDataKeyInputBuilder;
        fn known<F>(_: F) -> (OperationName, Idempotency) {
            of_sender::<F>()
        }
        let (name, class) = known(GenerateDataKeyInputBuilder::send_with);
        assert_eq!(name.to_string(), "kms.GenerateDataKey");
        assert_eq!(class, Idempotency::Idempotent);
    }
}
