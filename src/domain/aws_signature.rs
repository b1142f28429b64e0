//! Signature Version 4: how Amazon's services know who asks, and that nobody changed the question.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::time::Timestamp;

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// Its public name.
    pub key_id: String,
    /// What signs.
    pub secret: String,
    /// For temporary credentials.
    pub session_token: Option<String>,
}

/// A question that is to be signed: always a POST.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The service, as signatures call it.
    pub service: &'a str,
    /// The region, such as `eu-west-1`.
    pub region: &'a str,
    /// The whole address.
    pub url: &'a str,
    /// The fields to be sent, by name and value; all are signed.
    pub fields: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a str,
}

impl Question<'_> {
    /// The fields that sign it, by name and value; they are to be sent as well.
    ///
    /// # Errors
    /// If the address or the access cannot be signed with.
    pub fn signature(&self, access: &Access, now: Timestamp) -> Result<Vec<(String, String)>, String> {
        let text = |error: &dyn std::fmt::Display| format!("sign: {error}");
        let token = access.session_token.clone();
        let credentials = Credentials::new(&access.key_id, &access.secret, token, None, "the deployment's settings");
        let identity = credentials.into();
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or_default());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| text(&error))?
            .into();
        let body = SignableBody::Bytes(self.body.as_bytes());
        let request = SignableRequest::new("POST", self.url, self.fields.iter().copied(), body);
        let (instructions, _) =
            sign(request.map_err(|error| text(&error))?, &params).map_err(|error| text(&error))?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
