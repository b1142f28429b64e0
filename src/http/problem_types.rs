//! THE table of problems: every kind there is, with its status, its words and what to do about it. The list is
//! closed: slugs and statuses are part of the API and do not change.

/// A kind of problem, as documented.
#[derive(Clone, Copy, Debug)]
pub struct ProblemType {
    /// The last part of its `type` address, and its `code`.
    pub slug: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What it is, in a few words that never change.
    pub title: &'static str,
    /// When it happens.
    pub explanation: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Every kind of problem; docs/problems.md and the pages under `/problems/` are printed from it.
pub const TYPES: &[ProblemType] = &[
    row(
        "malformed-request",
        400,
        "The request cannot be read",
        "The body is not what its Content-Type says, or a field of the protocol is damaged.",
        "Compare the request with the documentation; `detail` says what was found.",
    ),
    row(
        "idempotency-key-invalid",
        400,
        "The Idempotency-Key is not usable",
        "An Idempotency-Key must be 16 to 255 visible ASCII characters, and hard to guess.",
        "Send a fresh UUID, the same one for each repeat of the same request.",
    ),
    row(
        "delete-token-missing",
        401,
        "A delete token is needed",
        "Images uploaded without an account are deleted with the token that came with the upload.",
        "Send it as `Authorization: Bearer del_…`, or use the delete link.",
    ),
    row(
        "delete-token-wrong",
        403,
        "That token does not open this image",
        "The delete token belongs to another image or was not copied whole.",
        "Copy the delete link again from where it was kept. It was shown once, after the upload.",
    ),
    row(
        "cross-site-form",
        403,
        "The form came from another site",
        "Browsers may change things here only from our own pages.",
        "Open the upload page and try there. Programs do not send an Origin field.",
    ),
    row(
        "hotlink-refused",
        403,
        "This site may not show that image",
        "The image was asked for by a page of a site that is not on this host's list.",
        "Link to the image's page instead, or ask the operator of this host to add the site.",
    ),
    row(
        "proof-wrong",
        403,
        "That does not prove who you are",
        "The code or the passkey is not one of this account's, was used before, or came too late.",
        "Try again with a new code, with another passkey, or with a recovery code.",
    ),
    row(
        "signature-wrong",
        403,
        "The address is not signed as it says",
        "The address has a signature, and the key that made it is not accepted, or something was changed since.",
        "Get the address anew from where it came from, and use it unchanged, `sig` at its end.",
    ),
    row(
        "transform-not-allowed",
        403,
        "That size is not made for everyone",
        "This host makes the sizes on its list, and others for signed addresses only.",
        "Use one of the named sizes (`size=s`, `m`, `l` or `social`), or have the address signed.",
    ),
    row(
        "url-expired",
        403,
        "The address has expired",
        "The address was signed for a time that has passed.",
        "Get a new address from where it came from.",
    ),
    row(
        "not-found",
        404,
        "There is nothing here",
        "No public image or page has this address.",
        "Check the address. Addresses of images have 24 letters and digits.",
    ),
    row(
        "image-held",
        404,
        "This image is being checked",
        "It has arrived, and is not shown before it is checked. The check is repeated by itself.",
        "Wait for Retry-After seconds and ask again. Its page tells how long it is tried.",
    ),
    row(
        "method-not-allowed",
        405,
        "That method does not work here",
        "The address exists, but not for this HTTP method.",
        "Use one of the methods in the Allow field.",
    ),
    row(
        "idempotency-key-in-flight",
        409,
        "The same request is being worked on",
        "A request with this Idempotency-Key has not finished yet.",
        "Wait for Retry-After seconds and send it again, unchanged.",
    ),
    row(
        "image-gone",
        410,
        "This image is gone",
        "It reached the end of its time, or was deleted.",
        "It cannot be brought back here. Whoever has the file can upload it again.",
    ),
    row(
        "length-required",
        411,
        "The length of the body is needed",
        "The request does not declare Content-Length.",
        "Send Content-Length; most clients do unless they stream.",
    ),
    row(
        "payload-too-large",
        413,
        "The file is too large",
        "The file has more bytes than are taken without an account.",
        "Make it smaller: save it with lower quality or fewer pixels. `limit_bytes` is the limit.",
    ),
    row(
        "unsupported-format",
        415,
        "That kind of file is not taken",
        "Only the formats in `accepted` are taken. What counts is what the file is, not its name.",
        "Convert it, for example to JPEG or PNG.",
    ),
    row(
        "wrong-host",
        421,
        "This host does not answer that",
        "Pages and images have hosts of their own, and this address is neither.",
        "Check the host name of the address.",
    ),
    row(
        "invalid-field",
        422,
        "A field is not right",
        "The field named in `field` breaks the rule in `detail`.",
        "Change the field and send the request again.",
    ),
    row(
        "image-too-large",
        422,
        "The image is too large in pixels",
        "The image has more pixels, frames or scans than can be checked safely.",
        "Make it smaller; `detail` names the limit.",
    ),
    row(
        "image-damaged",
        422,
        "The file is damaged",
        "The file begins like an image, but cannot be decoded to its end.",
        "Open it in an image program and save it again.",
    ),
    row(
        "content-prohibited",
        422,
        "This content is not allowed here",
        "The image was judged to break the acceptable use policy. It was not published.",
        "Do not upload it again. If the judgement is wrong, write to the operator and quote the id in the answer: a person can look at it before it is erased.",
    ),
    row(
        "transform-impossible",
        422,
        "The image cannot be made into that",
        "What was asked for takes more memory or more work than one image may take.",
        "Ask for a smaller size or for fewer changes; `detail` says why.",
    ),
    row(
        "idempotency-key-reused",
        422,
        "The Idempotency-Key belongs to another request",
        "The same key came before with another body or other fields.",
        "Use a fresh key for each new request.",
    ),
    row(
        "import-refused",
        422,
        "That URL is not fetched",
        "Only https URLs on the public internet are fetched.",
        "Download the image yourself and upload the file.",
    ),
    row(
        "import-failed",
        422,
        "The URL could not be fetched",
        "The server did not answer with an image.",
        "Check the URL in a browser, or download the image and upload the file.",
    ),
    row(
        "rate-limited",
        429,
        "Too many uploads",
        "Uploads without an account are limited by the hour and by the day.",
        "Wait for Retry-After seconds.",
    ),
    row(
        "too-many-attempts",
        429,
        "Too many attempts",
        "Codes were tried too often for this account, and none was right.",
        "Wait for Retry-After seconds. If it was not you, somebody knows your password: change it.",
    ),
    row(
        "too-many-variants",
        429,
        "Too many new sizes at once",
        "Sizes that nobody asked for before take work, and how many are made of one image and for one client is limited.",
        "Wait for Retry-After seconds. Sizes that exist already are served as ever.",
    ),
    row(
        "internal",
        500,
        "Something of ours went wrong",
        "It is written down, and not your fault.",
        "Try again later. `request_id` helps us find it.",
    ),
    row(
        "busy",
        503,
        "Too much to do at the moment",
        "There is more to do right now than fits.",
        "Wait for Retry-After seconds and send the request again, unchanged.",
    ),
    row(
        "unavailable",
        503,
        "A part of the service does not answer",
        "It is written down, and not your fault.",
        "Wait for Retry-After seconds and send the request again, unchanged.",
    ),
];

pub(super) const fn row(
    slug: &'static str,
    status: u16,
    title: &'static str,
    explanation: &'static str,
    remedy: &'static str,
) -> ProblemType {
    ProblemType { slug, status, title, explanation, remedy }
}
