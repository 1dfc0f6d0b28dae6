use super::{
    keyring::{Padding, Spec},
    site::Site,
};
use leeward_envelope::AlgorithmSuite;

/// Nothing, one byte, and what lies around a frame; then many frames.
const ALL_SIZES: [usize; 7] = [0, 1, 4095, 4096, 4097, 8192, 1 << 20];
/// Within a frame and beyond it: where the keyring is what matters.
const TWO_SIZES: [usize; 2] = [1, 4097];

/// Cases that differ only in suite and size.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) suites: Vec<AlgorithmSuite>,
    pub(crate) sizes: &'static [usize],
    /// Who writes uses this keyring.
    pub(crate) writer: Spec,
    /// Who reads uses this one.
    pub(crate) reader: Spec,
    /// Keys of the context that are kept out of the message.
    pub(crate) required: &'static [&'static str],
    /// Whether our side keeps data keys.
    pub(crate) is_cached: bool,
}

impl Group {
    fn new(name: &'static str, keyring: Spec) -> Self {
        Self {
            name,
            suites: vec![
                AlgorithmSuite::Aes256GcmHkdfSha256,
                AlgorithmSuite::Aes256GcmHkdfSha512Commit,
                AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384,
            ],
            sizes: &TWO_SIZES,
            writer: keyring.clone(),
            reader: keyring,
            required: &[],
            is_cached: false,
        }
    }
}

/// All groups, the suites first.
pub(crate) fn groups(site: &Site) -> Vec<Group> {
    let aes = || Spec::raw_aes("aes-256", &[0x2a; 32]);
    let mut groups = vec![
        Group {
            suites: AlgorithmSuite::ALL.to_vec(),
            sizes: &ALL_SIZES,
            ..Group::new("raw AES-256", aes())
        },
        Group::new("raw AES-128", Spec::raw_aes("aes-128", &[3; 16])),
        Group::new("raw AES-192", Spec::raw_aes("aes-192", &[5; 24])),
        Group {
            suites: AlgorithmSuite::ALL.to_vec(),
            required: &["tenant"],
            ..Group::new("raw AES-256, required context", aes())
        },
    ];
    groups.extend(Padding::ALL.map(|(padding, name)| Group::new(name, site.rsa(padding))));
    let both = || Spec::Multi {
        generator: Box::new(site.spec(&site.key)),
        children: vec![site.spec(&site.other_key), aes()],
    };
    groups.extend([
        Group::new("KMS key", site.spec(&site.key)),
        Group {
            required: &["tenant"],
            ..Group::new("KMS key, required context", site.spec(&site.key))
        },
        Group {
            reader: site.discovery(),
            ..Group::new("KMS key, read by discovery", site.spec(&site.key))
        },
        Group {
            reader: site.spec(&site.replica),
            ..Group::new(
                "KMS multi-Region key, read by its replica",
                site.spec(&site.multi_region_key),
            )
        },
        Group {
            reader: site.multi_region_discovery(),
            ..Group::new(
                "KMS multi-Region key, read by discovery",
                site.spec(&site.multi_region_key),
            )
        },
        Group::new("multi-keyring of KMS and AES", both()),
        Group {
            reader: site.spec(&site.other_key),
            ..Group::new("multi-keyring, read by its KMS child", both())
        },
        Group {
            reader: aes(),
            ..Group::new("multi-keyring, read by its AES child", both())
        },
        Group {
            sizes: &ALL_SIZES,
            is_cached: true,
            ..Group::new("KMS key, our data keys cached", site.spec(&site.key))
        },
    ]);
    groups
}
