//! Resend.

use super::handed_in::hand_in;
use crate::domain::ids::LetterId;
use crate::domain::letter::OutgoingLetter;
use crate::domain::resend::{MEDIA_TYPE, answer, question};
use crate::ports::mail::MailFailure;
use crate::settings::Resend;

/// Sends a letter.
pub(super) async fn send(named: &Resend, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure> {
    let bearer = format!("Bearer {}", named.api_key);
    let fields = [
        ("content-type", MEDIA_TYPE),
        ("authorization", bearer.as_str()),
        ("idempotency-key", key.as_str()),
        // Resend refuses requests without one.
        ("user-agent", "Tintype"),
    ];
    let said = hand_in(named.url.as_str(), &fields, question(&named.from, letter)).await?;
    answer(said.status, &said.text)
}
