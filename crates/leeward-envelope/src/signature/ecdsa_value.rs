use crate::suite::Curve;

/// The two numbers of a signature, big-endian, each as long as the order of the curve.
///
/// All of it stands in messages for everyone to read, so nothing here has to take the same time for all values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EcdsaValue {
    curve: Curve,
    r: Vec<u8>,
    s: Vec<u8>,
}

impl EcdsaValue {
    /// Takes the numbers one after the other, or nothing if they are not as long as the curve has them.
    pub(crate) fn new(curve: Curve, fixed: &[u8]) -> Option<Self> {
        let len = order(curve).len();
        let (r, s) = fixed.split_at_checked(len)?;
        (s.len() == len).then(|| Self {
            curve,
            r: r.to_vec(),
            s: s.to_vec(),
        })
    }

    /// The signature in DER, of the [one length](Curve::signature_len), or none if its numbers are too small for that.
    ///
    /// Of s and its negative, which verify alike, one has its highest bit set and the other has not, and so takes a byte
    /// less: whichever r leaves room for is written. That saves every second signature from being made anew.
    pub(crate) fn of_the_one_length(self) -> Option<Vec<u8>> {
        let fits = |der: &Vec<u8>| der.len() == self.curve.signature_len();
        let der = self.der();
        if fits(&der) {
            return Some(der);
        }
        Some(self.negated().der()).filter(fits)
    }

    /// The signature in DER, as long as its numbers make it.
    pub(crate) fn der(&self) -> Vec<u8> {
        let mut der = vec![SEQUENCE, 0];
        push_integer(&mut der, &self.r);
        push_integer(&mut der, &self.s);
        // Two numbers of the largest curve take 102 bytes, which one byte still counts.
        der[1] = (der.len() - 2) as u8;
        der
    }

    /// The same with the order of the curve minus s, which lies between them as well.
    fn negated(&self) -> Self {
        let mut s = order(self.curve).to_vec();
        let mut borrowed = false;
        for (digit, less) in s.iter_mut().zip(&self.s).rev() {
            let (rest, first) = digit.overflowing_sub(*less);
            let (rest, second) = rest.overflowing_sub(borrowed.into());
            *digit = rest;
            borrowed = first | second;
        }
        Self { s, ..self.clone() }
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// Appends a number without leading zeros, but for the one that says that it is not negative.
fn push_integer(der: &mut Vec<u8>, number: &[u8]) {
    let zeros = number.iter().take_while(|digit| **digit == 0).count();
    let digits = &number[zeros.min(number.len() - 1)..];
    let is_high = digits[0] >= 0x80;
    der.extend_from_slice(&[INTEGER, digits.len() as u8 + u8::from(is_high)]);
    if is_high {
        der.push(0);
    }
    der.extend_from_slice(digits);
}

/// How many points the curve counts, big-endian (FIPS 186-4, D.1.2).
const fn order(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => &[
            0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2,
            0xfc, 0x63, 0x25, 0x51,
        ],
        Curve::P384 => &[
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81,
            0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec,
            0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{
            ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1,
            ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
        },
    };

    #[test]
    fn both_forms_of_a_signature_verify_and_one_has_the_one_length() {
        for (curve, signing, verifying) in [
            (
                Curve::P256,
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &ECDSA_P256_SHA256_ASN1,
            ),
            (
                Curve::P384,
                &ECDSA_P384_SHA384_FIXED_SIGNING,
                &ECDSA_P384_SHA384_ASN1,
            ),
        ] {
            let pair = EcdsaKeyPair::generate(signing).unwrap();
            let public_key = UnparsedPublicKey::new(verifying, pair.public_key().as_ref());
            let mut of_one_length = 0;
            for message in 0..64_u8 {
                let signature = pair.sign(&SystemRandom::new(), &[message]).unwrap();
                let value = EcdsaValue::new(curve, signature.as_ref()).unwrap();
                let negated = value.negated();
                assert_ne!(value, negated);
                assert_eq!(value, negated.negated());
                for value in [&value, &negated] {
                    public_key.verify(&[message], &value.der()).unwrap();
                }
                if let Some(signature) = value.of_the_one_length() {
                    of_one_length += 1;
                    assert_eq!(signature.len(), curve.signature_len());
                    public_key.verify(&[message], &signature).unwrap();
                }
            }
            // One of 128 is too short, whatever its sign.
            assert!(of_one_length > 48, "{of_one_length}");
        }
    }

    /// A value of P-256 whose numbers begin so.
    fn value(r: &[u8], s: &[u8]) -> EcdsaValue {
        let number = |start: &[u8]| [start, &[7; 32][start.len()..]].concat();
        EcdsaValue::new(Curve::P256, &[number(r), number(s)].concat()).unwrap()
    }

    #[test]
    fn the_sign_is_chosen_by_the_room_that_is_left() {
        for (r, s) in [(0x80, 0x80), (0x80, 0x7f), (0x7f, 0x80), (0x7f, 0x7f)] {
            let signature = value(&[r], &[s]).of_the_one_length().unwrap();
            assert_eq!(signature.len(), 71, "{r:x} {s:x}");
            let is_high = |at: usize, len: u8| signature[at] == len;
            // Exactly one of the two takes the byte that keeps it from being negative.
            let s_at = 4 + usize::from(signature[3]) + 1;
            assert_eq!(is_high(3, 33), r == 0x80);
            assert_eq!(is_high(s_at, 33), r != 0x80);
        }
    }

    #[test]
    fn numbers_that_are_too_small_have_another_length() {
        assert_eq!(value(&[0, 0x7f], &[0x80]).of_the_one_length(), None);
        assert_eq!(value(&[0, 0x7f], &[0x80]).der().len(), 70);
        // Behind its leading zero it takes as much as one whose highest bit is not set.
        assert_eq!(value(&[0, 0x80], &[0x80]).der().len(), 71);
        let zero = EcdsaValue::new(Curve::P256, &[0; 64]).unwrap();
        assert_eq!(zero.der(), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    }

    #[test]
    fn numbers_of_another_curve_are_refused() {
        for len in [0, 31, 63, 65, 96] {
            assert_eq!(EcdsaValue::new(Curve::P256, &vec![1; len]), None);
        }
    }
}
