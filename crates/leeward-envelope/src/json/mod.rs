//! Single values, such as a field of a record: written as JSON, sealed, and back again.

mod error;
mod wiping;

pub use error::{OpenJsonError, SealJsonError};

use crate::{Decryptor, EncryptionContext, Encryptor};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Serialize, de::DeserializeOwned};
use wiping::WipingBuffer;
use zeroize::Zeroizing;

impl Encryptor {
    /// Writes `value` as JSON and encrypts that, bound to `context`.
    ///
    /// The JSON is wiped; `value` itself is the caller's to wipe. JSON has no numbers that are infinite or none (NaN): they
    /// become `null`, as serde_json has it, which opens as an `Option` of a number and not as a number.
    ///
    /// ```
    /// use leeward_envelope::{Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Card {
    ///     number: String,
    ///     year: u16,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keyring = || RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
    /// let encryptor = Encryptor::builder(keyring()?).build()?;
    /// let decryptor = Decryptor::builder(keyring()?).build()?;
    /// let card = Card { number: "4242".to_owned(), year: 2030 };
    /// let context = EncryptionContext::new([("customer", "81")])?;
    /// let column: String = encryptor.seal_json_text(&card, &context).await?;
    /// assert_eq!(decryptor.open_json_text::<Card>(&column, &context).await?, card);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SealJsonError::Value`] if the value cannot be written as JSON, [`SealJsonError::Encrypt`] as
    /// [`encrypt`](Self::encrypt).
    pub async fn seal_json<T>(
        &self,
        value: &T,
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, SealJsonError>
    where
        T: Serialize + ?Sized,
    {
        let json = to_json(value)?;
        Ok(self.encrypt(json.as_slice(), context).await?)
    }

    /// [`seal_json`](Self::seal_json) for a column of text: in base64 (RFC 4648, section 4), with padding.
    ///
    /// # Errors
    ///
    /// As [`seal_json`](Self::seal_json).
    pub async fn seal_json_text<T>(
        &self,
        value: &T,
        context: &EncryptionContext,
    ) -> Result<String, SealJsonError>
    where
        T: Serialize + ?Sized,
    {
        let message = self.seal_json(value, context).await?;
        Ok(BASE64_STANDARD.encode(message))
    }
}

impl Decryptor {
    /// Decrypts a message that is bound to every pair of `expected`, and reads its plaintext as JSON.
    ///
    /// The plaintext is wiped; what is read from it is the caller's to wipe, and a text with escapes in it leaves a copy in a
    /// buffer of the reader's that nobody wipes.
    ///
    /// # Errors
    ///
    /// [`OpenJsonError::Decrypt`] as [`decrypt_with_context`](Self::decrypt_with_context), [`OpenJsonError::Value`] if the
    /// plaintext is no JSON of a `T`. No part of the plaintext stands in the error.
    pub async fn open_json<T>(
        &self,
        message: &[u8],
        expected: &EncryptionContext,
    ) -> Result<T, OpenJsonError>
    where
        T: DeserializeOwned,
    {
        let mut json = Zeroizing::new(Vec::new());
        self.decrypt_into(message, expected, &mut json).await?;
        serde_json::from_slice(&json).map_err(|error| OpenJsonError::of_value::<T>(&error))
    }

    /// [`open_json`](Self::open_json) for a column of text, as [`Encryptor::seal_json_text`] writes it.
    ///
    /// # Errors
    ///
    /// [`OpenJsonError::Text`] if it is no base64, otherwise as [`open_json`](Self::open_json).
    pub async fn open_json_text<T>(
        &self,
        text: &str,
        expected: &EncryptionContext,
    ) -> Result<T, OpenJsonError>
    where
        T: DeserializeOwned,
    {
        let message = BASE64_STANDARD.decode(text);
        let message = message.map_err(|_| OpenJsonError::Text)?;
        self.open_json(&message, expected).await
    }
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<WipingBuffer, SealJsonError> {
    let mut json = WipingBuffer::default();
    match serde_json::to_writer(&mut json, value) {
        Ok(()) => Ok(json),
        Err(_) => Err(SealJsonError::of_value::<T>()),
    }
}
