//! Amazon SES.

use super::handed_in::hand_in;
use crate::cloudflare::small_ports::PlatformClock;
use crate::domain::ids::LetterId;
use crate::domain::letter::OutgoingLetter;
use crate::domain::ses::{MEDIA_TYPE, answer, question, signature};
use crate::ports::clock::Clock as _;
use crate::ports::mail::MailFailure;
use crate::settings::Ses;

/// Sends a letter.
pub(super) async fn send(named: &Ses, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure> {
    let Ses { from, region, url, access } = named;
    let body = question(from, letter, key);
    let signed = signature(url.as_str(), region, access, &body, PlatformClock.now()).map_err(MailFailure::Passing)?;
    let mut fields = vec![("content-type", MEDIA_TYPE)];
    fields.extend(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let said = hand_in(url.as_str(), &fields, body).await?;
    answer(said.status, said.error_type.as_deref(), &said.text)
}
