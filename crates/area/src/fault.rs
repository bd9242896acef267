//! What went wrong with a request, as a status and a sentence a manager can act on.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use store::StoreError;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nothing there, or nothing this person may know of.
    #[error("there is nothing at this address, or it is outside what you may see")]
    NotFound,
    /// The address is there, and does not take this method.
    #[error("this address does not take this method; /api/docs lists what each address takes")]
    WrongMethod,
    /// Nobody is signed in.
    #[error(
        "no token came with the request, or it has ended, was revoked or is not known here; send `Authorization: Bearer TOKEN` with a token made on your own page or with `helmward token create`"
    )]
    SignIn,
    /// A password must be changed before anything else.
    #[error("choose a new password first")]
    ChangePassword,
    /// The request cannot be understood.
    #[error("{0}")]
    BadRequest(String),
    /// The request is understood and refused: what is wrong and what to do.
    #[error("{0}")]
    Refused(String),
    /// Someone else changed it meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// The upload is larger than allowed.
    #[error("the upload is larger than {limit_mib} MiB; split the file or use the command line")]
    TooLarge {
        /// The limit.
        limit_mib: u64,
    },
    /// Too many tries.
    #[error("{0}")]
    TooMany(String),
    /// The form does not come from this session.
    #[error("this form is out of date; load the page again and repeat the change")]
    StaleForm,
    /// The form was sent from a page of another host.
    #[error("this form was sent from another site; open the page here and send it again")]
    ForeignForm,
    /// A failure of ours.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A failure of ours that is not the database's.
    #[error("{0}")]
    Ours(String),
}

impl Fault {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Fault::SignIn => StatusCode::UNAUTHORIZED,
            Fault::ChangePassword | Fault::ForeignForm => StatusCode::FORBIDDEN,
            Fault::BadRequest(_) => StatusCode::BAD_REQUEST,
            Fault::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Fault::Conflict(_) | Fault::StaleForm => StatusCode::CONFLICT,
            Fault::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Fault::Store(StoreError::Closed) => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Store(_) | Fault::Ours(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer to a program: RFC 9457 problem details.
    #[must_use]
    pub fn problem(&self, reference: &str) -> Response {
        let status = self.status();
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": if status.is_server_error() { "The server could not answer; quote the reference.".to_owned() } else { self.to_string() },
        });
        if let Some(object) = body.as_object_mut().filter(|_| status.is_server_error()) {
            object.insert("reference".to_owned(), json!(reference));
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body.to_string()).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// The answer to a person.
    #[must_use]
    pub fn page(&self, reference: &str, here: &str) -> Response {
        let status = self.status();
        match self {
            Fault::SignIn => {
                let next = if here == "/" { String::new() } else { format!("?next={}", encode(here)) };
                return redirect(&format!("/sign-in{next}"));
            }
            Fault::ChangePassword => return redirect("/me/password"),
            Fault::NotFound
            | Fault::WrongMethod
            | Fault::BadRequest(_)
            | Fault::Refused(_)
            | Fault::Conflict(_)
            | Fault::TooLarge { .. }
            | Fault::TooMany(_)
            | Fault::StaleForm
            | Fault::ForeignForm
            | Fault::Store(_)
            | Fault::Ours(_) => {}
        }
        let quoted = status.is_server_error().then_some(reference);
        let (title, body) = web::error_page(status, quoted);
        let body = match self {
            Fault::BadRequest(words)
            | Fault::Refused(words)
            | Fault::Conflict(words)
            | Fault::TooMany(words) => {
                maud::html! { p.lead { (words) } p { a href="/" { "Back to Today" } } }
            }
            Fault::TooLarge { .. } | Fault::StaleForm | Fault::ForeignForm => {
                maud::html! { p.lead { (self) } p { a href="/" { "Back to Today" } } }
            }
            Fault::NotFound
            | Fault::WrongMethod
            | Fault::SignIn
            | Fault::ChangePassword
            | Fault::Store(_)
            | Fault::Ours(_) => body,
        };
        (status, web::render_bare(title, body)).into_response()
    }
}

/// 303 to another address.
pub(crate) fn redirect(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// Percent-encodes all but letters, digits and a few safe marks.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
