//! Envelope encryption under AWS KMS keys, multi-Region keys with fail-over included.
