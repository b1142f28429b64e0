//! Has a file that comes in examined and judged, or says that it cannot be judged now.

use super::known_bad::{Hit, recognise};
use crate::app::App;
use crate::domain::decision::Decision;
use crate::domain::facts::Rejection;
use crate::domain::verdict::{Assessment, UnscannedReason};
use crate::error::{Cause, Error, Fault, Problem};
use crate::policy::limits::ImageLimits;
use crate::policy::verdicts::decide;
use crate::ports::payload::Payload;
use crate::ports::vision::{Examined, VisionFailure};

/// What came of examining a file that arrives.
pub enum Arrival {
    /// It was judged: by a list on which it is, or else by the classifier or what stands for it.
    Judged {
        /// What vision found out.
        examined: Box<Examined>,
        /// What follows.
        decision: Box<Decision>,
        /// The list on which it is, if one decided.
        hit: Option<Box<Hit>>,
    },
    /// It was not, and here are its bytes to be held: as received, or stripped already.
    Unjudged {
        /// The bytes.
        bytes: Payload,
        /// Digest of the bytes as they came, if it is known.
        received_sha256: Option<String>,
        /// Why.
        why: UnscannedReason,
    },
}

/// Has a file examined and judged. Nothing that was not judged is published.
///
/// # Errors
/// A problem if the file is not acceptable; a fault if vision died over a stream, or a lookup failed.
pub async fn examine(app: &App, bytes: Payload, limits: &ImageLimits) -> Result<Arrival, Error> {
    if bytes.length().is_some_and(|length| length > limits.bytes_max) {
        return Err(Problem::PayloadTooLarge { limit_bytes: limits.bytes_max }.into());
    }
    let unjudged = |bytes, why| Arrival::Unjudged { bytes, received_sha256: None, why };
    if let Err(why) = app.ports.vision.readiness().await {
        return Ok(unjudged(bytes, why));
    }
    // A stream can be sent once: if vision dies over it, its sender has to send it again. Files of forms are held.
    let spare = bytes.again();
    let failure = match app.ports.vision.examine(bytes, limits).await {
        Ok(examined) => return judged(app, examined).await.map_err(Error::from),
        Err(failure) => failure,
    };
    let (why, error) = match failure {
        VisionFailure::Rejected(rejection) => return Err(refusal(rejection)),
        // Most such senders are gone and will not read this; it keeps their leaving out of our faults.
        VisionFailure::Interrupted => {
            return Err(Problem::MalformedRequest { detail: "the file broke off".into() }.into());
        }
        VisionFailure::Busy { retry_after_s } => (UnscannedReason::VisionBusy, Problem::Busy { retry_after_s }.into()),
        VisionFailure::Unavailable(cause) => {
            let fault = Fault { attempted: "examine an image".into(), cause: Cause::Vision(cause) };
            (UnscannedReason::VisionUnavailable, fault.into())
        }
    };
    spare.map_or(Err(error), |bytes| Ok(unjudged(bytes, why)))
}

/// Lists come first: what is on one is judged, whatever became of the classifier.
async fn judged(app: &App, examined: Examined) -> Result<Arrival, Fault> {
    if let Some(hit) = recognise(app, &examined.hashes()).await? {
        let decision = hit.decision.clone();
        return Ok(Arrival::Judged {
            examined: Box::new(examined),
            decision: Box::new(decision),
            hit: Some(Box::new(hit)),
        });
    }
    Ok(match (decide(&examined.assessment), &examined.assessment) {
        (Some(decision), _) => {
            Arrival::Judged { examined: Box::new(examined), decision: Box::new(decision), hit: None }
        }
        (None, assessment) => Arrival::Unjudged {
            why: match assessment {
                Assessment::Unscanned { reason } => *reason,
                Assessment::Scored { .. } | Assessment::NotClassified => UnscannedReason::ModelFailed,
            },
            received_sha256: Some(examined.received_sha256),
            bytes: examined.bytes,
        },
    })
}

/// What the uploader of a file that is not acceptable is told.
fn refusal(rejection: Rejection) -> Error {
    let too_large = |detail: String| Problem::ImageTooLarge { detail };
    let problem = match rejection {
        Rejection::Empty => Problem::UndecodableImage { detail: "the file is empty".into() },
        Rejection::UnsupportedFormat { detected } => Problem::UnsupportedFormat { detected },
        Rejection::TooManyBytes { limit_bytes } => Problem::PayloadTooLarge { limit_bytes },
        Rejection::SideTooLong { limit_px } => too_large(format!("a side is longer than {limit_px} pixels")),
        Rejection::TooManyPixels { limit_pixels } => {
            too_large(format!("more than {} megapixels for this kind of file", limit_pixels / 1_000_000))
        }
        Rejection::TooManyFrames { limit_frames } => too_large(format!("more than {limit_frames} frames")),
        Rejection::AnimationTooLarge { limit_pixels } => {
            too_large(format!("more than {} megapixels over all frames", limit_pixels / 1_000_000))
        }
        Rejection::TooManyScans { limit_scans } => too_large(format!("more than {limit_scans} scans")),
        Rejection::Undecodable { detail } => Problem::UndecodableImage { detail },
        Rejection::TooMuchWork => too_large("more work than one image may take".into()),
        Rejection::OutOfMemory => Problem::Busy { retry_after_s: 5 },
    };
    problem.into()
}
