//! What a form or a query sent: names and values, and files.

/// Names and values in the order sent; a name may repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
    uploads: Vec<Upload>,
}

/// An uploaded file.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// The form field.
    pub field: String,
    /// The file's own name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} bytes)", self.bytes.len())
    }
}

impl Form {
    /// Reads `a=1&b=2`, percent-encoded.
    #[must_use]
    pub fn parse(text: &str) -> Form {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Form { pairs: pairs.collect(), uploads: Vec::new() }
    }

    /// A form of these pairs.
    #[must_use]
    pub fn of(pairs: Vec<(String, String)>, uploads: Vec<Upload>) -> Form {
        Form { pairs, uploads }
    }

    /// The first value of a name, trimmed; empty when it was not sent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of a name as sent, for passwords.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value of a name, unless it is missing or blank.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The first value of a name that was sent, blank or not.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// Every value of a name.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Every pair, as sent.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The file of a field, unless none was chosen.
    #[must_use]
    pub fn upload(&self, field: &str) -> Option<&Upload> {
        self.uploads.iter().find(|upload| upload.field == field && !upload.bytes.is_empty())
    }

    /// The same query with one name set to another value (or taken out), for links.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> String {
        let kept = self.pairs.iter().filter(|(key, _)| key != name).map(|(k, v)| (k.as_str(), v.as_str()));
        let pairs: Vec<String> = kept
            .chain(value.map(|value| (name, value)))
            .map(|(key, value)| format!("{}={}", crate::fault::encode(key), crate::fault::encode(value)))
            .collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let pair = [ahead.next().unwrap_or(b' '), ahead.next().unwrap_or(b' ')];
                let number = std::str::from_utf8(&pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                match number {
                    Some(number) => {
                        bytes.push(number);
                        rest = ahead;
                    }
                    None => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_reads_back() {
        let form = Form::parse("q=5%20West+night&x=&bad=%zz&x=2");
        assert_eq!(form.text("q"), "5 West night");
        assert_eq!(form.find("x"), None);
        assert_eq!(form.all("x").collect::<Vec<_>>(), ["", "2"]);
        assert_eq!(form.text("bad"), "%zz");
        assert_eq!(Form::parse("a=1&b=2").with("b", Some("x y")), "?a=1&b=x%20y");
    }
}
