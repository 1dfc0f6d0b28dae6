use super::begin;
use crate::{
    context,
    keyrings::raw,
    messages::{reader, writer},
    run,
};
use leeward_envelope::{AlgorithmSuite, DecryptingReader, EncryptingReader};
use std::io::{self, Read};

/// As much as CI streams; all of it would not fit into the bound by far.
const LEN: u64 = 256 << 20;
const MAX: u64 = 1 << 20;

#[test]
fn a_stream_of_any_length_takes_no_more_than_a_few_chunks() {
    let none = context(&[]);
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
    let encryptor = writer(raw(), suite).build().unwrap();
    let decryptor = reader(raw()).build().unwrap();
    let used = allocation_counter::measure(|| {
        let encryption = begin(&encryptor, Some(LEN));
        let mut message = EncryptingReader::new(encryption, io::repeat(5).take(LEN));
        let mut header = decryptor.begin(&none);
        header.read_from(&mut message).unwrap();
        let mut plaintext = DecryptingReader::new(run(header.open()).unwrap(), message);
        let mut buffer = [0; 4096];
        let mut len = 0;
        loop {
            match plaintext.read(&mut buffer).unwrap() {
                0 => break,
                read => {
                    assert_eq!(buffer[..read], [5; 4096][..read]);
                    len += read as u64;
                }
            }
        }
        assert_eq!(len, LEN);
    });
    assert!(used.bytes_max < MAX, "{} bytes at once", used.bytes_max);
}
