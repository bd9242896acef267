//! Random texts that open something, and the digests they are stored as.

use sha2::{Digest as _, Sha256};
use store::StoreError;

/// 256 bits of the system's randomness, hexadecimal.
pub(crate) fn random_token() -> Result<String, StoreError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Keys(error.to_string()))?;
    Ok(to_hex(&bytes))
}

/// What a token is stored and found by. The token has 256 bits of chance, so a plain digest is enough.
pub(crate) fn digest(token: &str) -> String {
    to_hex(&Sha256::digest(token.as_bytes()))
}

/// A password to be read out once: 20 letters and digits in groups of five, about 99 bits.
pub(crate) fn one_time_password() -> Result<String, StoreError> {
    // 32 places for a byte's low five bits: 31 signs that are not misread for another, and k once more.
    const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789k";
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Keys(error.to_string()))?;
    let mut text = String::with_capacity(23);
    for (idx, byte) in bytes.iter().enumerate() {
        if idx > 0 && idx % 5 == 0 {
            text.push('-');
        }
        let sign = SIGNS.get(usize::from(byte & 31)).copied().unwrap_or(b'a');
        text.push(char::from(sign));
    }
    Ok(text)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
